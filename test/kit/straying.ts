import { setTimeout } from 'node:timers/promises';

/** Old links and a curious machine: what comes to every shop. */
export function startStraying(url: string): { close(): Promise<void> } {
  const stop = new AbortController();
  const paths = [
    '/Orders/42',
    '/products/17/',
    '/wishlist/12',
    '/wp-login.php',
    '/products/17/',
    '/wishlist/93',
  ];
  const done = (async () => {
    for (let at = 0; !stop.signal.aborted; at += 1) {
      await fetch(`${url}${paths[at % paths.length]}`).then(
        answer => answer.arrayBuffer(),
        () => undefined,
      );
      await setTimeout(4000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    close() {
      stop.abort();
      return done;
    },
  };
}
