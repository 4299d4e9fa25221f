import { Refusal } from '../core/errors.ts';
import { anonymous, type Target } from '../core/exchange.ts';
import { compileGuards, compileUnclaimedGuards } from '../edge/guards.ts';
import { compileRewrite } from '../proxy/rewrite.ts';
import { type CompiledRoutes, compileAtOnce } from '../routing/compile.ts';
import { type Explanation, explain } from '../routing/explain.ts';
import { parseTarget } from '../routing/target.ts';
import type { Config } from '../schema.ts';
import type { Asked } from './explain.ts';

/** The explanation of routing, and where the request would go. */
export interface ExplainedRequest extends Explanation {
  readonly guards?: readonly { readonly name: string; readonly mode: string }[];
  readonly forwarded?: { readonly upstream: string; readonly path: string };
}

/** What the file alone says of a request: no holds, no limits, nothing of what runs. */
export function explainFile(config: Config, asked: Asked): ExplainedRequest {
  const compiled = compileAtOnce(config);
  const host = (asked.host ?? asked.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  const headers = asked.headers;
  const target = read(asked.path);
  if (target instanceof Refusal) return refused(asked, host, target);
  const explanation = explain(
    compiled,
    { method: methodOf(asked), host, target, headers },
    {
      identity: { ...anonymous, user: asked.user, roles: asked.roles },
      address: asked.ip ?? '127.0.0.1',
      headers,
    },
    undefined,
  );
  return {
    ...explanation,
    method: asked.method,
    guards: guardsOf(config, explanation),
    ...forwardedTo(config, compiled, explanation, target),
  };
}

function read(path: string): Target | Refusal {
  try {
    return parseTarget(path);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** A preflight is matched by the method that it asks for. */
const methodOf = ({ method, headers }: Asked): string =>
  (method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method']) ||
  method;

const refused = ({ method, path }: Asked, host: string, { code, message }: Refusal): ExplainedRequest => ({
  method,
  host,
  target: path,
  outcome: 'odd',
  route: 'unclaimed',
  stage: 'legacy',
  owner: '',
  entry: undefined,
  params: [],
  others: [],
  nearMiss: undefined,
  readings: [],
  split: undefined,
  hold: undefined,
  decision: undefined,
  refusal: { code, detail: message },
});

function guardsOf(
  config: Config,
  { route: name, stage }: Explanation,
): NonNullable<ExplainedRequest['guards']> {
  const rules = config.routes[name];
  const guards =
    rules === undefined ? compileUnclaimedGuards(config.edge) : compileGuards(rules, config.edge, stage);
  return guards.map(({ name, mode }) => ({ name, mode }));
}

function forwardedTo(
  config: Config,
  { routes }: CompiledRoutes,
  { decision, route: name, entry, params }: Explanation,
  target: Target,
): Pick<ExplainedRequest, 'forwarded'> {
  if (decision === undefined) return {};
  const service = config.routes[name]?.service;
  if (decision.serve === 'legacy' || service === undefined)
    return { forwarded: { upstream: config.monolith, path: target.raw } };
  const rewrite = config.routes[name]?.rewrite;
  const entries = routes.find(route => route.name === name)?.entries ?? [];
  const at = entries.findIndex(({ text }) => text === entry);
  const values = params.map(({ value }) => value);
  const path =
    rewrite === undefined ? target.path : compileRewrite(entries, rewrite).forward(at, values, target.path);
  return { forwarded: { upstream: service, path: path + target.query } };
}
