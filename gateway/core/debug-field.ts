import type { Exchange } from './exchange.ts';

/**
 * The value of `x-figway`: `route=orders-read; stage=canary; served=service; because="bucket 412 of 10000 is below 1000"`.
 * `served=gateway` and the error's code where no side answered.
 */
export function debugField(exchange: Exchange): string {
  const { route, served = 'gateway' } = exchange;
  const because = becauseOf(exchange);
  const head =
    route.index === 0
      ? `route=unclaimed; served=${served}`
      : `route=${route.name}; stage=${route.stage}; served=${served}`;
  return because === ''
    ? head
    : `${head}; because="${because.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')}"`;
}

function becauseOf({ served, refusal, fallback, decision }: Exchange): string {
  if (served === undefined && refusal !== undefined) return toWords(refusal);
  return fallback === undefined ? decision.detail : `fallback: ${toWords(fallback)}`;
}

const toWords = (code: string): string => code.replaceAll('-', ' ');
