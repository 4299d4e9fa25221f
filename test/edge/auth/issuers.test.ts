import { expect, it } from 'vitest';
import { createEvents } from '../../../gateway/core/events.ts';
import { createIssuers } from '../../../gateway/edge/auth/issuers.ts';
import type { IssuerConfig } from '../../../gateway/edge/auth/schema.ts';
import { type Issuer, openIssuer } from '../../kit/issuer.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const configOf = (issuer: Issuer, more: Partial<IssuerConfig> = {}): IssuerConfig => ({
  issuer: issuer.url,
  audience: 'shop',
  jwks: issuer.jwks,
  algorithms: ['ES256'],
  clockTolerance: 5000,
  ...more,
});

it('keeps verified tokens over a reload that does not touch them, and keys where only the rules are others', async () => {
  await using issuer = await openIssuer();
  const clock = createManualClock(Date.now());
  const issuers = createIssuers({ clock, events: createEvents() });
  const tokens = issuers.apply(configOf(issuer))!;
  const token = issuer.token();
  await tokens.authenticate(token);
  expect(tokens.authenticate(token)).not.toBeInstanceOf(Promise);

  expect(issuers.apply(configOf(issuer))).toBe(tokens);
  issuers.retire(tokens);
  const stricter = issuers.apply(configOf(issuer, { maxAge: 1000 }))!;
  issuers.retire(stricter);
  expect(stricter).not.toBe(tokens);
  expect(stricter.authenticate(token)).toBeInstanceOf(Promise);
  expect(await stricter.authenticate(token)).toMatchObject({ kind: 'identified' });
  expect(issuer.fetches).toBe(1);

  issuers.retire(undefined);
  expect(clock.pending()).toBe(0);
  issuers.close();
});

it('ends what is known of a token with its exp and with its age', async () => {
  await using issuer = await openIssuer();
  const clock = createManualClock(Date.now());
  const issuers = createIssuers({ clock, events: createEvents() });
  const tokens = issuers.apply(configOf(issuer))!;
  const young = issuers.apply(configOf(issuer, { maxAge: 60_000 }))!;
  const token = issuer.token();
  await tokens.authenticate(token);
  await young.authenticate(token);

  clock.advance(70_000);
  expect(tokens.authenticate(token)).toMatchObject({ kind: 'identified' });
  expect(await young.authenticate(token)).toMatchObject({
    kind: 'refused',
    refusal: { code: 'token-expired' },
  });
  clock.advance(240_000);
  expect(await tokens.authenticate(token)).toMatchObject({
    kind: 'refused',
    refusal: { code: 'token-expired' },
  });
  issuers.close();
});
