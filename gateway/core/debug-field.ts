import type { Exchange } from './exchange.ts';

/**
 * The value of `x-figway`: `route=orders-read; stage=canary; served=service; because="bucket 412 of 10000 is below 1000"`.
 * Without `because` where the stage alone decided.
 */
export function debugField(exchange: Exchange): string {
  const { route, decision } = exchange;
  const served = exchange.served ?? decision.serve;
  if (route.index === 0) return `route=unclaimed; served=${served}`;
  const because =
    exchange.fallback === undefined ? decision.detail : `fallback: ${exchange.fallback.replaceAll('-', ' ')}`;
  const head = `route=${route.name}; stage=${route.stage}; served=${served}`;
  return because === ''
    ? head
    : `${head}; because="${because.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')}"`;
}
