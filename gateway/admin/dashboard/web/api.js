/** An answer of the admin port that is no success: its problem (RFC 9457), with everything that came with it. */
export class Refused extends Error {
  name = 'Refused';

  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the gateway answered ${status}`);
    this.status = status;
    this.code = problem.code ?? '';
    this.problem = problem;
  }
}

/** Calls of the admin port, by method and path as `/openapi.json` has them. */
let known = new Map();

export async function learnCalls() {
  const { paths } = await get('/openapi.json');
  known = new Map(Object.entries(paths));
}

/** Whether this gateway has the call at all: `has('post', '/api/routes/{id}/differences')`. */
export const has = (method, path) => known.get(path)?.[method] !== undefined;

export const get = path => ask(path, { headers: { accept: 'application/json' } });

/** Undefined where this gateway does not have the call: its part of the page is left out. */
export const getIfThere = async (template, path = template) => (has('get', template) ? get(path) : undefined);

export const post = (path, body = {}) =>
  ask(path, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** `/api/routes/{id}` with the name in its place. */
export const fill = (template, id) => template.replace('{id}', encodeURIComponent(id));

async function ask(path, options) {
  const answer = await fetch(path, { ...options, credentials: 'same-origin', cache: 'no-store' });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(answer.status, toObject(text));
  return JSON.parse(text);
}

function toObject(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
