import type { Clock } from '../core/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import { isSafe } from '../core/vocabulary.ts';
import { rulesHash } from './rules-now.ts';
import { mayCarry } from './sampling.ts';
import type { Shadowing } from './shadowing.ts';

/** When legacy is asked a second time: after the service, before it, or not at all (comparison.md §5). */
export type Reask = 'no' | 'last' | 'first';

/** Requests of a route of which legacy is asked again whatever the share, so that noise is known soon. */
const always = 50;
/** Second requests to legacy that a route may cost in a second. */
const perSecond = 2;

/** Chooses the requests for which legacy is asked again, to learn what differs by itself. */
export interface Reasking {
  /** For a request that is copied. Called once for each. */
  choose(exchange: Exchange, shadowing: Shadowing): Reask;
  keep(isRoute: (name: string) => boolean): void;
}

interface Asked {
  readonly rules: string;
  total: number;
  secondAt: number;
  inSecond: number;
}

/** @param random from 0 up to 1: for the share, and for the coin that is tossed for the order of the two. */
export function createReasking({ now, wall }: Clock, random: () => number): Reasking {
  const routes = new Map<string, Asked>();

  const askedOf = ({ route, rules }: Shadowing): Asked => {
    const known = routes.get(route.name);
    // Under other rules other differences are left, of which nothing is known yet.
    const hash = rulesHash(rules, wall());
    if (known?.rules === hash) return known;
    const fresh = { rules: hash, total: 0, secondAt: Number.NEGATIVE_INFINITY, inSecond: 0 };
    routes.set(route.name, fresh);
    return fresh;
  };

  return {
    choose(exchange, shadowing) {
      const { config } = shadowing;
      const share = config.reask?.share ?? 5;
      if (share === 0 || !isSafe(exchange.method) || hasBody(exchange) || !mayCarry(exchange, config))
        return 'no';
      const asked = askedOf(shadowing);
      if (asked.total >= always && random() * 100 >= share) return 'no';
      const at = now();
      if (at - asked.secondAt >= 1000) {
        asked.secondAt = at;
        asked.inSecond = 0;
      }
      if (asked.inSecond >= perSecond) return 'no';
      asked.inSecond++;
      asked.total++;
      // Where the service serves the client its answer cannot wait, so legacy's second one comes last.
      return exchange.decision.serve === 'legacy' && random() < 0.5 ? 'first' : 'last';
    },
    keep(isRoute) {
      for (const name of routes.keys()) if (!isRoute(name)) routes.delete(name);
    },
  };
}

export function hasBody({ req }: Exchange): boolean {
  const { headers } = req;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
