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
  /** Addresses of the key sets that it uses. */
  readonly urls: ReadonlySet<string>;
}

export function createIssuers(deps: KeySourceDeps): Issuers {
  const running = new Map<string, Running>();
  const keySets = new Map<string, KeySource>();

  const keySetAt = (url: string): KeySource => {
    const known = keySets.get(url) ?? openKeySource(url, deps);
    keySets.set(url, known);
    return known;
  };

  const sourceOf = ({ jwks, secret, publicKey }: IssuerConfig): KeySource => {
    if (jwks !== undefined) return keySetAt(jwks);
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
    urls: new Set(configs.flatMap(({ jwks }) => jwks ?? [])),
  });

  const endUnused = (): void => {
    const used = new Set([...running.values()].flatMap(({ urls }) => [...urls]));
    for (const [url, source] of keySets) {
      if (used.has(url)) continue;
      source.close();
      keySets.delete(url);
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
      [...keySets].map(([url, { current, failure = null }]) => ({
        ...{ url, isKnown: current !== undefined, failure },
      })),
    close() {
      running.clear();
      endUnused();
    },
  };
}
