import { createSecretKey } from 'node:crypto';
import { usualClaims } from './claims.ts';
import type { TokenRules } from './jose.ts';
import { parsePublicKey } from './key-material.ts';
import { fixedKey, type KeySource, type KeySourceDeps, openKeySource } from './key-source.ts';
import { type AuthConfig, type IssuerConfig, issuersOf } from './schema.ts';
import { createTokens, type Tokens } from './tokens.ts';

const rulesOf = ({ issuer, audience, algorithms, clockTolerance, maxAge }: IssuerConfig): TokenRules => ({
  ...{ issuer, algorithms, clockTolerance, maxAge },
  audience: typeof audience === 'string' ? [audience] : audience,
});

/** A key set that is fetched. */
export interface KeySetStatus {
  readonly url: string;
  /** Whether it was fetched once: without keys every token of its issuers is 503. */
  readonly isKnown: boolean;
  /** Why the last look failed; null if it did not. */
  readonly failure: string | null;
}

/** Key sets and verified tokens, over all reloads. */
export interface Issuers {
  /** The same as before where the settings are. Fetching keys begins here. Undefined without `auth.jwt`. */
  apply(jwt: AuthConfig['jwt']): Tokens | undefined;
  /** Ends what is not used by `kept`. */
  retire(kept: Tokens | undefined): void;
  status(): readonly KeySetStatus[];
  close(): void;
}

interface Running {
  readonly tokens: Tokens;
  /** Names of the key sets that it uses. */
  readonly keySets: ReadonlySet<string>;
}

interface KeySet {
  readonly url: string;
  readonly source: KeySource;
}

/** Address and certificates: with others it is another key set. */
const nameOf = ({ jwks, tls }: IssuerConfig): string => JSON.stringify([jwks, tls]);

export function createIssuers(deps: KeySourceDeps): Issuers {
  const running = new Map<string, Running>();
  const keySets = new Map<string, KeySet>();

  const fetchedFrom = (url: string, config: IssuerConfig): KeySource => {
    const name = nameOf(config);
    const known = keySets.get(name) ?? { url, source: openKeySource(url, deps, config.tls) };
    keySets.set(name, known);
    return known.source;
  };

  const sourceOf = (config: IssuerConfig): KeySource => {
    const { jwks, secret, publicKey } = config;
    if (jwks !== undefined) return fetchedFrom(jwks, config);
    if (secret !== undefined) return fixedKey(createSecretKey(secret, 'utf8'));
    return fixedKey(parsePublicKey(publicKey ?? ''));
  };

  const open = (configs: readonly IssuerConfig[]): Running => ({
    tokens: createTokens(
      configs.map(config => ({
        rules: rulesOf(config),
        claims: config.claims ?? usualClaims,
        keys: sourceOf(config),
      })),
      deps.clock,
    ),
    keySets: new Set(configs.filter(({ jwks }) => jwks !== undefined).map(nameOf)),
  });

  const endUnused = (): void => {
    const used = new Set([...running.values()].flatMap(({ keySets }) => [...keySets]));
    for (const [name, { source }] of keySets) {
      if (used.has(name)) continue;
      source.close();
      keySets.delete(name);
    }
  };

  return {
    apply(jwt) {
      if (jwt === undefined) return undefined;
      const settings = JSON.stringify(jwt);
      const known = running.get(settings) ?? open(issuersOf(jwt));
      running.set(settings, known);
      return known.tokens;
    },
    retire(kept) {
      for (const [settings, { tokens }] of running) if (tokens !== kept) running.delete(settings);
      endUnused();
    },
    status: () =>
      [...keySets.values()].map(({ url, source: { current, failure = null } }) => ({
        ...{ url, isKnown: current !== undefined, failure },
      })),
    close() {
      running.clear();
      endUnused();
    },
  };
}
