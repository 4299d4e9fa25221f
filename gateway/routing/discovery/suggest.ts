import { isSafe } from '../../core/vocabulary.ts';
import { isMalformed, parsePattern } from '../pattern.ts';

/** What a suggestion is made from: a live template, one of a log, or one of a service description. */
export interface Suggestible {
  readonly template: string;
  /** Requests by method; 0 where it is only described. */
  readonly methods: Readonly<Record<string, number>>;
  readonly setsCookies: boolean;
}

export interface SuggestedRoute {
  readonly name: string;
  /** `GET /orders/:id`. */
  readonly match: readonly string[];
  readonly service: string;
  /** Claims a method that may change something: somebody has to say who owns the data. */
  readonly isWriting: boolean;
  readonly requests: number;
  /** Its GETs set cookies. */
  readonly setsCookies: boolean;
}

/** Names that are in use. */
export interface Taken {
  readonly routes: ReadonlySet<string>;
}

/** Words that say nothing of what a path is about. */
const plain = /^(?:api|rest|v\d{1,3}|app|index\.\w+)$/i;

/** Names that YAML reads as something else, and the one that is no route's. */
const reserved = new Set(['null', 'true', 'false', 'unclaimed']);

const longestName = 40;

/**
 * Routes for what is not claimed, in stage legacy: a group for each first word, reads apart from writes. Preflights
 * follow the method that they ask for, and HEAD follows GET.
 */
export function suggestRoutes(seen: readonly Suggestible[], taken: Taken): readonly SuggestedRoute[] {
  const used = new Set(taken.routes);
  const groups = Map.groupBy(
    seen.filter(({ template }) => !isMalformed(parsePattern(template))),
    ({ template }) => serviceOf(template),
  );
  const routes = [...groups].flatMap(([service, group]) =>
    (['read', 'write'] as const).flatMap(kind => {
      const entries = group.flatMap(one => [...entriesOf(one, kind)]);
      if (entries.length === 0) return [];
      const byText = new Map(entries.map(entry => [entry.text, entry]));
      return {
        name: unused(`${service}-${kind}`, used),
        match: [...byText.keys()].toSorted(byPath),
        service,
        isWriting: kind === 'write',
        requests: entries.reduce((sum, { requests }) => sum + requests, 0),
        setsCookies: kind === 'read' && group.some(({ setsCookies }) => setsCookies),
      };
    }),
  );
  return routes.toSorted((one, other) => other.requests - one.requests);
}

function* entriesOf(
  { template, methods }: Suggestible,
  kind: 'read' | 'write',
): Generator<{ text: string; requests: number }> {
  for (const [method, requests] of Object.entries(methods)) {
    if (method === 'OPTIONS' || method === '_OTHER' || !/^[A-Z-]+$/.test(method)) continue;
    const asked = method === 'HEAD' ? 'GET' : method;
    if ((kind === 'read') === isSafe(asked)) yield { text: `${asked} ${template}`, requests };
  }
}

/** `orders` of `/api/v1/orders/:id`; `home` where a path has no word. */
function serviceOf(template: string): string {
  const words = template.split('/').filter(word => word !== '' && !word.startsWith(':') && word !== '*');
  const word = words.find(one => !plain.test(one)) ?? words[0] ?? 'home';
  const name = word
    .replace(/\.\w{1,5}$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, longestName);
  return name === '' || reserved.has(name) ? 'pages' : name;
}

function unused(name: string, used: Set<string>): string {
  let free = name;
  for (let number = 2; used.has(free); number += 1) free = `${name}-${number}`;
  used.add(free);
  return free;
}

/** By path, then by method. */
function byPath(one: string, other: string): number {
  const key = (entry: string) => entry.split(' ').toReversed().join(' ');
  return key(one) < key(other) ? -1 : 1;
}

/** The route as an entry of `routes:`, indented as there. */
export function toRouteEntry({ name, match, service, isWriting, setsCookies }: SuggestedRoute): string {
  return [
    `  ${name}:`,
    '    match:',
    ...match.map(entry => `      - ${entry}`),
    `    service: ${service}`,
    '    stage: legacy',
    ...(isWriting
      ? [
          '    # data: synced    # it writes: who owns the data? legacy, synced or service; mandatory from canary on',
        ]
      : []),
    ...(setsCookies ? ['    # some of its GETs set cookies: does it need the session of the monolith?'] : []),
    '',
  ].join('\n');
}

/** A whole file for `include:`, with an upstream for each service that there is none for yet. */
export function toRoutesFile(routes: readonly SuggestedRoute[], upstreams: ReadonlySet<string>): string {
  const services = [...new Set(routes.map(({ service }) => service))].filter(name => !upstreams.has(name));
  return [
    '# Suggested from what no route claims. All of it stays with the monolith until a stage is moved.',
    '# Names of services are guessed from paths: say what is yours, and throw away the rest.',
    'owner: somebody    # which team?',
    ...(services.length === 0 ? [] : ['upstreams:']),
    ...services.map(name => `  ${name}: { url: "http://${name}.example:8080" }    # where will it run?`),
    'routes:',
    ...routes.map(toRouteEntry),
  ]
    .join('\n')
    .trimEnd();
}
