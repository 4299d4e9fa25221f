import { randomBytes } from 'node:crypto';
import { compileRules } from '../compare/rules.ts';
import { compareDefaults, type RulesConfig } from '../compare/schema.ts';
import type { RecordedRequest } from '../offline/recorded.ts';
import type { Judging } from '../offline/replay.ts';
import type { Choose } from '../offline/selection.ts';
import { guessTemplate } from '../offline/template.ts';
import { compileRewrite } from '../proxy/rewrite.ts';
import type { CredentialsConfig, UpstreamConfig } from '../proxy/schema.ts';
import { compileAtOnce } from '../routing/compile.ts';
import { parseTarget } from '../routing/target.ts';
import type { Config } from '../schema.ts';
import { type Call, Stop } from './command.ts';
import { loadGood } from './load.ts';
import type { ReplayOptions } from './replay-options.ts';

/** What a replay stands on: which requests are asked, and by which rules answers are held against each other. */
export interface Ground {
  readonly choose: Choose;
  readonly judging: Judging;
  /** Percent. */
  readonly maxMismatch: number;
  /** What the table says of the service; undefined where no route is named. */
  readonly service: KnownService | undefined;
}

/** An upstream by its name, and how the gateway speaks to it. */
export interface KnownService {
  readonly name: string;
  readonly credentials: CredentialsConfig | undefined;
  readonly tls: UpstreamConfig['tls'];
}

export async function openGround(call: Call, options: ReplayOptions): Promise<Ground> {
  const name = options.route;
  const config = name === undefined ? undefined : (await loadGood(call)).config;
  const route = name === undefined ? undefined : config?.routes[name];
  if (name !== undefined && route === undefined) throw new Stop(2, `there is no route ${name}`);
  const asked: RulesConfig = route?.compare ?? compareDefaults();
  const claimed = config === undefined || name === undefined ? guessed : claimedBy(config, name);
  return {
    choose: createChoose(options, claimed.choose),
    judging: {
      rules: compileRules(asked, {
        origins: { legacy: [options.legacy.url.origin], service: [options.service.url.origin] },
        now: Date.now(),
        apiKeyHeader: config?.auth?.apiKeys?.header,
        shapeKey: options.keep === 'shapes' ? randomBytes(32) : undefined,
      }),
      keep: options.keep,
      rewrite: claimed.rewrite,
    },
    maxMismatch: asked.maxMismatch,
    service: config === undefined || route === undefined ? undefined : serviceOf(config, route.service),
  };
}

const serviceOf = ({ upstreams }: Config, name: string): KnownService => ({
  name,
  credentials: upstreams[name]?.credentials,
  tls: upstreams[name]?.tls,
});

type Claimed = { readonly choose: Choose; readonly rewrite: Judging['rewrite'] };

const guessed: Claimed = {
  choose: ({ target }) => ({ template: guessTemplate(target), entry: -1, params: [] }),
  rewrite: undefined,
};

function claimedBy(config: Config, name: string): Claimed {
  const { table, routes } = compileAtOnce(config);
  const route = routes.find(one => one.name === name);
  const rewrite = config.routes[name]?.rewrite;
  return {
    choose(request) {
      const match = table.match({
        ...{ method: request.method, host: hostOf(request), headers: toHeaders(request.fields) },
        target: parseTarget(request.target),
      });
      if (match.kind !== 'route' || match.route !== route) return `${name} does not claim it`;
      const template = route.entries[match.entry]?.pattern ?? '';
      return { template, entry: match.entry, params: match.params };
    },
    rewrite:
      route === undefined || rewrite === undefined ? undefined : compileRewrite(route.entries, rewrite),
  };
}

/** What is never asked, whatever the route: writes unless they are wanted, bodies that nobody has, other hosts. */
function createChoose({ writes, host }: ReplayOptions, claim: Choose): Choose {
  let expected = host;
  return request => {
    if (request.origin !== undefined) {
      const { host: authority, hostname } = new URL(request.origin);
      expected ??= authority;
      if (expected !== authority && expected !== hostname) return `another host than ${expected}`;
    }
    if (!writes && request.method !== 'GET' && request.method !== 'HEAD')
      return 'neither GET nor HEAD, and no --writes';
    return request.isBodyLost === true ? 'its body was not recorded' : claim(request);
  };
}

const hostOf = ({ origin, fields }: RecordedRequest): string => {
  const host = origin === undefined ? toHeaders(fields).host : new URL(origin).host;
  return (host ?? '').replace(/:\d+$/, '').toLowerCase();
};

/** As node would give them: lower case, several values joined. */
function toHeaders(fields: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < fields.length; at += 2) {
    const name = (fields[at] as string).toLowerCase();
    const value = fields[at + 1] as string;
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}
