import { suggestRoutes, toRouteEntry } from '../routing/discovery/suggest.ts';
import type { TemplateRecord } from '../routing/progress.ts';
import type { AdminDeps } from './deps.ts';
import { isoOf } from './status.ts';

/** What no route claims, for `/api/unclaimed`. Times are RFC 3339, durations milliseconds, shares 0 to 1. */
export interface UnclaimedView {
  /** Since when it is known what comes. */
  readonly since: string;
  /** That stand behind `templates`, over restarts. */
  readonly requests: number;
  /** Share of all requests since the start of the gateway that no route claimed. */
  readonly share: number;
  /** Since the start: requests for what is not there, and those with odd targets. They make no template. */
  readonly missing: number;
  readonly odd: number;
  /** Most requests first. */
  readonly templates: readonly TemplateView[];
  /** Templates that nobody has asked for so long. */
  readonly silent: readonly SilentTemplate[];
}

export interface TemplateView {
  /** `/orders/:id`. */
  readonly template: string;
  /** Requests by method, without methods that a route claims by now. */
  readonly methods: Readonly<Record<string, number>>;
  readonly requests: number;
  /** Of all unclaimed requests. */
  readonly share: number;
  /** Answers of 500 and above. */
  readonly errors: number;
  /** Null: not known. */
  readonly p95: number | null;
  /** Distinct clients, within a few percent. */
  readonly consumers: number;
  readonly lastSeen: string;
  /** GETs whose answer set a cookie. */
  readonly setsCookies: number;
  /** An entry for `routes:`. */
  readonly suggestion: string;
}

export interface SilentTemplate {
  readonly template: string;
  readonly lastSeen: string;
  readonly days: number;
}

const day = 86_400_000;

/** @param asked `limit` of the templates, and for how many milliseconds a silent one was silent. */
export function unclaimedOf(
  deps: Pick<AdminDeps, 'discovered' | 'unclaimedMethods' | 'tally' | 'clock'>,
  { limit, silent }: { readonly limit: number; readonly silent: number },
): UnclaimedView {
  const { since, missing, odd, templates } = deps.discovered();
  const open = templates
    .flatMap(record => toOpen(record, deps.unclaimedMethods))
    .toSorted((one, other) => other.requests - one.requests);
  const requests = open.reduce((sum, record) => sum + record.requests, 0);
  const now = deps.clock.wall();
  const tallies = [...deps.tally.routes()];
  const all = tallies.reduce((sum, tally) => sum + tally.requests, 0);
  return {
    since: isoOf(since),
    requests,
    share: all === 0 ? 0 : (deps.tally.route('unclaimed')?.requests ?? 0) / all,
    missing,
    odd,
    templates: open.slice(0, limit).map(record => toView(record, requests)),
    silent: open
      .filter(({ lastSeen }) => lastSeen > 0 && now - lastSeen >= silent)
      .toSorted((one, other) => one.lastSeen - other.lastSeen)
      .slice(0, limit)
      .map(({ template, lastSeen }) => ({
        ...{ template, lastSeen: isoOf(lastSeen), days: Math.floor((now - lastSeen) / day) },
      })),
  };
}

/** What of it is unclaimed today; nothing where a route has taken all of it. */
function toOpen(
  record: TemplateRecord,
  unclaimedMethods: AdminDeps['unclaimedMethods'],
): readonly TemplateRecord[] {
  const methods = unclaimedMethods(record.template, record.methods);
  const requests = Object.values(methods).reduce((sum, number) => sum + number, 0);
  return requests === 0 ? [] : [{ ...record, methods, requests }];
}

function toView(record: TemplateRecord, all: number): TemplateView {
  const { template, methods, requests, errors, p95, clients, lastSeen, cookieGets } = record;
  const routes = suggestRoutes([{ template, methods, setsCookies: cookieGets > 0 }], { routes: new Set() });
  return {
    ...{ template, methods, requests, errors },
    share: requests / all,
    p95: p95 === 0 ? null : p95,
    consumers: clients,
    lastSeen: isoOf(lastSeen),
    setsCookies: cookieGets,
    suggestion: routes.map(toRouteEntry).join(''),
  };
}
