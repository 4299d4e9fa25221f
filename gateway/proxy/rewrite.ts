import { type Part, partsOf } from '../routing/pattern.ts';
import type { MatchEntry } from '../routing/route.ts';
import type { RouteRules } from '../routing/schema.ts';
import { fill, type Template, toTemplate, valuesIn, valuesOf } from '../routing/template.ts';

/** Turns the path that the client asked for into the service's, and a path of the service's back. */
export interface Rewrite {
  /**
   * The path for the service, without query. `entry` is the match entry, `params` its values as sent;
   * `path` is what came, and goes on where the rewrite does not name the entry's pattern.
   */
  forward(entry: number, params: readonly string[], path: string): string;
  /** The client's path for a path of the service; undefined where no pattern or more than one fits. */
  back(path: string): string | undefined;
}

/** One pattern's way there and back. */
interface Way {
  readonly service: readonly Part[];
  /** Undefined: the path goes on as it came. */
  readonly there: Template | undefined;
  /** Undefined: the service's path does not hold all that the client's needs. */
  readonly back: Template | undefined;
}

/** Compiles a checked `rewrite:`: one path for all patterns, or one for each. */
export function compileRewrite(
  entries: readonly MatchEntry[],
  config: NonNullable<RouteRules['rewrite']>,
): Rewrite {
  const ways = entries.map(({ pattern }) =>
    toWay(pattern, typeof config === 'string' ? config : config[pattern]),
  );
  return {
    forward(entry, params, path) {
      const there = ways[entry]?.there;
      return there === undefined ? path : fill(there, params);
    },
    back(path) {
      const found = new Set<string | undefined>();
      for (const way of ways) {
        const values = valuesIn(way.service, path);
        if (values !== undefined) found.add(way.back && fill(way.back, [...values.values()]));
      }
      const [only] = found;
      return found.size === 1 ? only : undefined;
    },
  };
}

function toWay(pattern: string, rewrite: string | undefined): Way {
  const client = partsOf(pattern);
  const service = rewrite === undefined ? client : partsOf(rewrite);
  const serviceValues = valuesOf(service);
  const isWhole = valuesOf(client).every(value => serviceValues.includes(value));
  return {
    service,
    there: rewrite === undefined ? undefined : toTemplate(service, valuesOf(client)),
    back: isWhole ? toTemplate(client, serviceValues) : undefined,
  };
}
