/** Somebody at the shop: a browser with its session cookie, or a program with a token. */
export interface Visitor {
  /** Undefined when the time is up: the visit ends there. Follows no redirect. */
  ask(method: string, path: string, sent?: Sent): Promise<Heard | undefined>;
}

export interface Sent {
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly token?: string;
}

export interface Heard {
  /** 0 where there was no answer. */
  readonly status: number;
  /** Where a redirect leads, as a path. */
  readonly location: string;
  /** The body as JSON; empty for anything else. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface VisitorOptions {
  readonly url: string;
  /** Waits for one's turn; false when there is none any more. */
  readonly turn: () => Promise<boolean>;
  readonly onAnswer: (status: number) => void;
  /** What a proxy in front would say of where it comes from. */
  readonly address?: string;
}

/** Milliseconds that a visitor waits for a whole answer. */
const patience = 10_000;

export function createVisitor({ url, turn, onAnswer, address }: VisitorOptions): Visitor {
  let cookie = '';
  return {
    async ask(method, path, sent = {}) {
      if (!(await turn())) return undefined;
      const heard = await send(new URL(path, url), {
        method,
        headers: {
          ...headersOf(sent, url, cookie),
          ...(address !== undefined && { 'x-forwarded-for': address }),
        },
        ...bodyOf(sent),
      });
      cookie = heard.cookie ?? cookie;
      onAnswer(heard.status);
      return heard;
    },
  };
}

/** As a browser on the shop's own pages sends them. */
const headersOf = (sent: Sent, url: string, cookie: string): Record<string, string> => ({
  'user-agent': 'shop-traffic',
  origin: new URL(url).origin,
  ...(cookie !== '' && { cookie }),
  ...(sent.token !== undefined && { authorization: `Bearer ${sent.token}` }),
  ...(sent.json !== undefined && { 'content-type': 'application/json' }),
});

function bodyOf({ form, json }: Sent): { body?: string | URLSearchParams } {
  if (form !== undefined) return { body: new URLSearchParams(form) };
  return json === undefined ? {} : { body: JSON.stringify(json) };
}

async function send(url: URL, init: RequestInit): Promise<Heard & { readonly cookie: string | undefined }> {
  try {
    const answer = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(patience) });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false;
    return {
      status: answer.status,
      location: pathOf(answer.headers.get('location') ?? '/', url),
      json: isJson ? (JSON.parse(text) as Heard['json']) : {},
      cookie: /shop_sid=[^;]+/.exec(answer.headers.getSetCookie().join())?.[0],
    };
  } catch {
    // No answer, or half of one: it is counted, and the next one is asked for.
    return { status: 0, location: '/', json: {}, cookie: undefined };
  }
}

const pathOf = (location: string, base: URL): string => URL.parse(location, base)?.pathname ?? '/';
