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

/** Calls that this gateway does not have: asked for once. */
const absent = new Set();

export const get = path => ask(path, { headers: { accept: 'application/json' } });

/** Undefined where this gateway does not have the call, or does not show it to whoever asks: its part of the page is left out. */
export async function getIfThere(template, path = template) {
  if (absent.has(template)) return undefined;
  try {
    return await get(path);
  } catch (error) {
    if (!(error instanceof Refused) || (error.status !== 404 && error.status !== 403)) throw error;
    // Else the call is there, and what it was asked about is not.
    if (error.message.startsWith('there is nothing at')) absent.add(template);
    return undefined;
  }
}

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
