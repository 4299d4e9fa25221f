import type { GateSource } from '../../gateway/admin/gates.ts';
import type { RouteVerdict } from '../../gateway/compare/evidence.ts';
import { defaultQuiet, type Leftovers } from '../../gateway/routing/leftovers.ts';

const never = { count: 0, lastAt: 0 };

/** Legacy did nothing since 1970. */
export const nothingLeft: Leftovers = {
  ...{ since: 0, legacyServed: never, fallbacks: never, holds: never, nearMisses: never, isPartial: false },
};

/** Gates at which nothing is known; what a test knows it says. */
export const makeGates = (known: Partial<GateSource> = {}): GateSource => ({
  verdictOf: () => undefined,
  tripwireOf: () => undefined,
  lastTrip: () => undefined,
  holdOf: () => undefined,
  leftoversOf: async () => ({ ...nothingLeft, since: (known.now ?? (() => 0))() }),
  quietOf: () => defaultQuiet,
  now: () => 0,
  ...known,
});

/** A verdict on one part, `GET` of the first match entry. */
export const makeVerdict = (facts: Partial<RouteVerdict> = {}): RouteVerdict => ({
  route: 'orders',
  state: 'ready',
  parts: [
    {
      ...{ method: 'GET', entry: 0, state: facts.state ?? 'ready', n: 3678, bad: 0, share: 1, more: 0 },
      ...{ latency: undefined, reasons: [] },
    },
  ],
  unverified: [],
  reasons: [],
  counts: {
    ...{ match: 3678, excused: 0, noise: 0, lagged: 0, mismatch: 0 },
    ...{ 'service-failed': 0, 'legacy-failed': 0, skipped: 0 },
  },
  skips: {},
  matchRate: 1,
  ...facts,
});
