import type { Endpoint } from './endpoint.ts';
import { Problem } from './problem.ts';

/** What a request is for. */
export interface Found {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router {
  /** HEAD follows GET. Throws the Problem 404, or 405 with `Allow`. */
  find(method: string, path: string): Found;
  /** The pattern that the path matches, whatever the method; `none` if it matches none. A label, so never the path. */
  patternOf(path: string): string;
}

/** Paths with more literal segments come first, so that `/v1/users/me` is not an id. */
export function createRouter(endpoints: readonly Endpoint[]): Router {
  const routes = endpoints
    .map(endpoint => ({ endpoint, pattern: toPattern(endpoint.path) }))
    .toSorted((a, b) => wildcards(a.endpoint.path) - wildcards(b.endpoint.path));
  const matching = (path: string) => {
    const best = routes.find(route => route.pattern.test(path))?.endpoint.path;
    return routes.filter(route => route.endpoint.path === best);
  };
  return {
    find(method, path) {
      const candidates = matching(path);
      if (candidates.length === 0) throw new Problem(404, 'not-found', 'nothing is at this path');
      const wanted = method === 'HEAD' ? 'GET' : method;
      const route = candidates.find(candidate => candidate.endpoint.method === wanted);
      if (!route) throw notAllowed(candidates.map(candidate => candidate.endpoint));
      return { endpoint: route.endpoint, params: decode(route.pattern.exec(path)?.groups ?? {}) };
    },
    patternOf: path => matching(path)[0]?.endpoint.path ?? 'none',
  };
}

const wildcards = (path: string): number => path.split('/:').length;

const toPattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);

function decode(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    throw new Problem(400, 'bad-path', 'the path has an invalid escape');
  }
}

function notAllowed(candidates: readonly Endpoint[]): Problem {
  const allow = candidates.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ');
  return new Problem(405, 'method-not-allowed', `the method is not among ${allow}`, { headers: { allow } });
}
