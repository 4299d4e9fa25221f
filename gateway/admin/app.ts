/** The admin port: one Express app, built from the table of endpoints. */
import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { Refusal } from '../core/errors.ts';
import { type RenderedProblem, renderProblem, renderRow } from '../core/problem-json.ts';
import { type Caller, hasCredential, identify, requireLoopback, requireRole } from './caller.ts';
import { assetFolder, createAssets } from './dashboard/assets.ts';
import { createSessions } from './dashboard/sessions.ts';
import type { AdminDeps } from './deps.ts';
import type { Access, Endpoint } from './endpoint.ts';
import { createEndpoints } from './endpoints.ts';
import { readFields } from './fields.ts';
import { AdminRefusal, adminErrors } from './problems.ts';
import { requireHost, requireSameOrigin } from './same-origin.ts';

/** The longest body that is read where an endpoint says nothing else, bytes. */
const usualBody = 16 * 1024;

/** Answers nobody before it knows who asks: host, then token or loopback, then origin, then role, then the body. */
export function createAdminApp(deps: AdminDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.set('query parser', 'simple');
  const endpoints = createEndpoints(deps);
  const sessions = createSessions(deps.clock);
  const assets = createAssets();
  const callers = new WeakMap<Request, Caller>();

  app.use((req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('x-frame-options', 'DENY');
    res.setHeader('referrer-policy', 'no-referrer');
    admit(req);
    next();
  });

  function admit(req: Request): void {
    const { tokens, hosts } = deps.settings();
    const access = accessOf(req);
    if (access === 'open') {
      if (tokens.length === 0) requireLoopback(req);
      return;
    }
    requireHost(req, hosts);
    const credentials = { tokens, sessions };
    const caller =
      access === 'page' && !hasCredential(req, credentials) ? undefined : identify(req, credentials);
    requireSameOrigin(req);
    if (caller !== undefined) callers.set(req, caller);
  }

  /** Of what needs no token; all else, what is not there included, does. */
  function accessOf({ method, path }: Request): Access | undefined {
    const asked = method === 'HEAD' ? 'GET' : method;
    if (asked === 'GET' && path.startsWith(assetFolder)) return 'page';
    return endpoints.find(
      endpoint => endpoint.path === path && endpoint.method.toUpperCase() === asked && isPublic(endpoint),
    )?.access;
  }

  for (const endpoint of endpoints) {
    app[endpoint.method](endpoint.path, (req, _res, next) => {
      const caller = callers.get(req);
      if (endpoint.access !== 'open' && endpoint.access !== 'page')
        requireRole(caller ?? nobody, endpoint.access);
      if (endpoint.method === 'post') requireJson(req);
      next();
    });
    if (endpoint.method === 'post')
      app.post(endpoint.path, express.json({ limit: endpoint.maxBody ?? usualBody }));
    app[endpoint.method](endpoint.path, async (req, res) => {
      const given = await endpoint.handle({
        deps,
        sessions,
        req,
        res,
        visitor: callers.get(req),
        caller: callers.get(req) ?? nobody,
        id: String(req.params.id ?? ''),
        query: readFields(endpoint.query, { ...req.query }, 'query'),
        body: readFields(endpoint.body ?? {}, req.body ?? {}, 'body'),
      });
      if (given !== undefined) res.json(given);
    });
  }

  app.get(`${assetFolder}:name`, (req, res) => assets.answer(req, res, req.params.name));
  app.use((req, _res) => {
    throw toMissing(req, endpoints);
  });
  app.use(answerError);
  return app;
}

const isPublic = ({ access }: Endpoint): boolean => access === 'open' || access === 'page';

/** Whoever asks an open endpoint: it is given nothing that this would allow. */
const nobody: Caller = { id: 'nobody', role: 'viewer', routes: [] };

function requireJson(req: Request): void {
  const hasBody =
    req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (hasBody && !req.is('application/json'))
    throw new AdminRefusal('media-type', 'the body must be application/json');
}

function toMissing({ method, path }: Request, endpoints: readonly Endpoint[]): Error {
  const known = endpoints.filter(endpoint => toPattern(endpoint.path).test(path));
  if (known.length === 0)
    return new AdminRefusal('not-found', `there is nothing at ${JSON.stringify(path.slice(0, 200))}`);
  const allow = known
    .flatMap(endpoint => (endpoint.method === 'get' ? ['GET', 'HEAD'] : ['POST']))
    .join(', ');
  return new Refusal('method-not-allowed', `${method} is not served here, only ${allow}`, ['allow', allow]);
}

const toPattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/\./g, '\\.').replace(/:\w+/g, '[^/]+')}$`);

const answerError: ErrorRequestHandler = (error: unknown, req, res: Response, _next) => {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status, fields, body } = toProblem(error, randomUUID(), req.headers.accept);
  res.status(status);
  for (let at = 0; at < fields.length; at += 2) res.setHeader(fields[at] ?? '', fields[at + 1] ?? '');
  // What is left of a body that was not read would be taken for the next request.
  if (!req.complete) res.setHeader('connection', 'close');
  res.end(body);
};

function toProblem(error: unknown, instance: string, accept: string | undefined): RenderedProblem {
  if (error instanceof Refusal)
    return renderProblem(error.code, { detail: error.message, instance, accept, fields: error.fields });
  if (error instanceof AdminRefusal)
    return renderRow(error.code, adminErrors[error.code], {
      ...{ detail: error.message, instance, accept, more: error.more },
    });
  const { type, status, limit } = (typeof error === 'object' && error !== null ? error : {}) as {
    type?: string;
    status?: number;
    limit?: number;
  };
  if (type === 'entity.too.large')
    return renderProblem('body-too-large', {
      detail: `a body here is at most ${limit} bytes`,
      instance,
      accept,
    });
  if (status !== undefined && status >= 400 && status < 500)
    return renderRow('bad-request', adminErrors['bad-request'], {
      detail: type === 'entity.parse.failed' ? 'the body is not JSON' : 'the request cannot be read',
      instance,
      accept,
    });
  const detail = error instanceof Error ? error.message : String(error);
  return renderProblem('internal', { detail, instance, accept });
}
