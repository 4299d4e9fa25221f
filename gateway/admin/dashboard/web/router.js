import { comparison } from './comparison-view.js';
import { comparisons } from './comparisons-view.js';
import { guards } from './guards-view.js';
import { moves } from './moves-view.js';
import { overview } from './overview-view.js';
import { route } from './route-view.js';
import { unclaimed } from './unclaimed-view.js';
import { upstreams } from './upstreams-view.js';

/** Pages by the address after `#`. A `:name` is one part of it, decoded. */
const pages = [
  ['/', overview],
  ['/routes/:route', route],
  ['/routes/:route/comparisons', comparisons],
  ['/comparisons/:id', comparison],
  ['/unclaimed', unclaimed],
  ['/moves', moves],
  ['/guards', guards],
  ['/upstreams', upstreams],
];

/** The page of an address with what it names; the overview where there is none. */
export function findPage(hash) {
  const [path = '/', query = ''] = (hash.replace(/^#/, '') || '/').split('?', 2);
  for (const [pattern, view] of pages) {
    const named = matchPath(pattern, path);
    if (named !== undefined)
      return { path, view, params: { ...Object.fromEntries(new URLSearchParams(query)), ...named } };
  }
  return { path: '/', view: overview, params: {} };
}

function matchPath(pattern, path) {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const named = {};
  for (const [at, part] of wanted.entries()) {
    if (part.startsWith(':')) named[part.slice(1)] = decode(given[at]);
    else if (part !== given[at]) return undefined;
  }
  return named;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
