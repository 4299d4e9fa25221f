import { stages } from './parts.js';

/** What something that needs attention means, and what helps, for who sees it for the first time. */
export const whatItMeans = {
  'config-refused': 'Mend the file and save it: it is read again by itself.',
  'restart-needed': 'Restart the gateway when it suits.',
  'store-away': 'Traffic goes on; evidence and moves of this time may be lost.',
  held: 'All its clients get legacy. Release it once the cause is mended.',
  breaker: 'Requests for it fall back where their route allows it, else they are 503.',
  fallbacks: 'The service did not answer, so legacy did: look at its breaker and its log.',
  'near-misses':
    'But for case, a trailing slash or ;parameters a path is the route’s. Legacy answered; paths: in routes.yaml can make them match.',
  'would-refuse': 'Its guards only observe. Who would be refused stands under Guards.',
  'would-lock-out': 'Mend the guard before it enforces: these clients are let in today.',
};

/** What a route with its evidence together may do next, in words; undefined where there is none. */
export function nextStep({ stage, percent, verdict, hold }) {
  if (verdict !== 'ready' || hold !== null) return undefined;
  if (stage === 'shadow') return 'the verdict is ready; next is canary, for a few clients first';
  if (stage !== 'canary') return undefined;
  const next = stages[stages.indexOf(stage) + 1];
  return percent < 100
    ? `the verdict is ready at ${percent} %; next is more clients, or ${next}`
    : `the verdict is ready; next is ${next}`;
}
