/** The names under which one side knows itself: `http://127.0.0.1:4000` from its upstream, `shop.example.com` from the rules. */
export interface OwnNames {
  readonly origins: readonly string[];
  readonly names: readonly string[];
}

/** A text with a side's own address as `{upstream}`, its own bare name as `{upstream-host}`. */
export type Neutralise = (text: string) => string;

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** A name without a port stands for it on any port, an origin without one for its scheme's port. */
export function compileNeutralise({ origins, names }: OwnNames): Neutralise {
  const addresses = [
    ...origins.map(
      origin => escape(origin.replace(/^\w+:\/\//, '')) + (hasPort(origin) ? '' : '(?::80|:443)?'),
    ),
    ...names.map(name => escape(name.replace(/^\w+:\/\//, '')) + (hasPort(name) ? '' : '(?::\\d+)?')),
  ];
  if (addresses.length === 0) return text => text;
  const bare = names.map(name => escape(name.replace(/^\w+:\/\//, '')) + (hasPort(name) ? '' : '(?::\\d+)?'));
  // Not in the middle of a longer name: shop.example.com is not eshop.example.com, nor shop.example.com.evil.test.
  const end = '(?![\\w-]|\\.[\\w-]|:\\d)';
  const whole = new RegExp(`(?:https?|wss?):\\/\\/(?:${addresses.join('|')})${end}`, 'gi');
  const short = bare.length === 0 ? undefined : new RegExp(`(?<![\\w.@-])(?:${bare.join('|')})${end}`, 'gi');
  return text => {
    const once = text.replace(whole, '{upstream}');
    return short === undefined ? once : once.replace(short, '{upstream-host}');
  };
}

const hasPort = (address: string): boolean => /:\d+$/.test(address);
