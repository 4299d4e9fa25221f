import { anonymous } from './core/exchange.ts';
import type { GuardMode, GuardName } from './core/vocabulary.ts';
import { describeGuards } from './edge/guards.ts';
import { compileRewrite } from './proxy/rewrite.ts';
import type { CompiledRoutes } from './routing/compile.ts';
import { type Explanation, explain } from './routing/explain.ts';
import { preflightMethod } from './routing/preflight.ts';
import type { Hold, RequestFacts } from './routing/route.ts';
import { parseTarget } from './routing/target.ts';
import type { Config } from './schema.ts';
import { guardFactsOf } from './snapshot.ts';

/** A request that somebody asks about; only method and path are needed. */
export interface AskedRequest {
  readonly method: string;
  /** Path and query, as it would be sent. */
  readonly path: string;
  readonly host: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly roles?: readonly string[];
  readonly ip: string | undefined;
}

export interface RequestExplanation extends Explanation {
  /** In the order in which they run. */
  readonly guards: readonly { readonly name: GuardName; readonly mode: GuardMode }[];
  /** Name of the upstream that serves; undefined if the request is refused. */
  readonly upstream: string | undefined;
  /** The path that the upstream gets, without query, where it is another than the client's. */
  readonly rewritten: string | undefined;
}

/** Explains from the compiled routes what the pipeline would do. Throws a Refusal for a malformed target. */
export function explainRequest(
  compiled: CompiledRoutes & { readonly config: Config },
  asked: AskedRequest,
  holdOf: (route: string) => Hold | undefined,
): RequestExplanation {
  const { config, table } = compiled;
  const wanted = preflightMethod(asked.method, asked.headers);
  const facts: RequestFacts = {
    method: wanted ?? asked.method,
    isPreflight: wanted !== undefined,
    host: asked.host?.toLowerCase() ?? '',
    target: parseTarget(asked.path),
    headers: asked.headers,
  };
  const asker = {
    identity: { ...anonymous, user: asked.user, roles: asked.roles ?? [] },
    address: asked.ip ?? '',
    headers: asked.headers,
  };
  const match = table.match(facts);
  const guarded =
    match.kind === 'unclaimed' ? match.nearMiss : match.kind === 'route' ? match.route : undefined;
  const found = explain(compiled, facts, asker, holdOf(guarded?.name ?? ''));
  const written = guarded === undefined ? undefined : config.routes[guarded.name];
  const serve = found.decision?.serve;
  const isRewritten = serve === 'service' && match.kind === 'route' && written?.rewrite !== undefined;
  return {
    ...found,
    guards: describeGuards(guardFactsOf(config, guarded ?? compiled.routes[0]!)),
    upstream: serve === undefined ? undefined : serve === 'service' ? written?.service : config.monolith,
    rewritten: isRewritten
      ? compileRewrite(match.route.entries, written.rewrite ?? '/').forward(
          match.entry,
          match.params,
          facts.target.path,
        )
      : undefined,
  };
}
