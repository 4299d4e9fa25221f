import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Exchange, Identity } from '../../core/exchange.ts';
import { signToken } from './jose.ts';
import { ownMintingKey, parseMintingKey } from './minting-key.ts';
import type { MintConfig } from './schema.ts';

/** Makes the tokens by which services know who is behind a session cookie or an API key. */
export interface Mint {
  /**
   * A signed token for this caller: at once if one is cached. It is cached by the object, so a source hands out the
   * same identity for the same caller. Rejects only if the runtime cannot sign.
   */
  token(identity: Identity): string | Promise<string>;
  /** The JWK Set (RFC 7517 §5) of all keys, as JSON. */
  keys(): string;
}

/** A token is handed out until this share of its life has passed, so that a service never gets one about to expire. */
const usable = 0.75;

interface Minted {
  readonly token: string | Promise<string>;
  /** Wall clock, milliseconds. */
  readonly until: number;
}

/**
 * The first key signs, all are published. Tokens are remembered for as long as their identities are, so what bounds
 * the sessions bounds them too. Throws for a key that is none: the config's checks see that first.
 */
export function createMint(config: MintConfig, clock: Clock): Mint {
  const keys = (config.keys ?? [ownMintingKey()]).map(parseMintingKey);
  const [signing] = keys;
  if (signing === undefined) throw new TypeError('auth.mint has no key');
  const published = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
  const minted = new WeakMap<Identity, Minted>();

  const sign = (identity: Identity, now: number): Promise<string> => {
    const issuedAt = Math.floor(now / 1000);
    return signToken(signing, {
      iss: config.issuer,
      aud: config.audience,
      sub: subjectOf(identity),
      scope: identity.scopes.join(' '),
      roles: identity.roles,
      iat: issuedAt,
      exp: issuedAt + Math.ceil(config.ttl / 1000),
      jti: randomUUID(),
    });
  };

  return {
    token(identity) {
      const now = clock.wall();
      const known = minted.get(identity);
      if (known !== undefined && now < known.until) return known.token;
      const until = now + config.ttl * usable;
      const token = sign(identity, now);
      // Whoever asks meanwhile shares it; afterwards it is there at once.
      minted.set(identity, { token, until });
      token.then(
        text => minted.set(identity, { token: text, until }),
        () => minted.delete(identity),
      );
      return token;
    },
    keys: () => published,
  };
}

/**
 * Gives an exchange the token for its identity, which came by session or API key. A promise only while the token is being
 * signed.
 */
export function giveToken(exchange: Exchange, mint: Mint): undefined | Promise<undefined> {
  const token = mint.token(exchange.identity);
  if (typeof token === 'string') {
    exchange.minted = `Bearer ${token}`;
    return undefined;
  }
  return token.then(late => {
    exchange.minted = `Bearer ${late}`;
    return undefined;
  });
}

const subjectOf = ({ user, key }: Identity): string => (key === undefined ? (user ?? '') : `key:${key}`);
