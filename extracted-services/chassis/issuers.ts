import type { IssuerOptions } from './auth.ts';
import type { Settings } from './settings.ts';

/** The audience of every access token of the estate. */
export const audience = 'shop';

/**
 * Whose tokens a service takes: those of the users service (USERS_URL) and those that the gateway mints for people who
 * are logged in at the monolith (GATEWAY_ISSUER, GATEWAY_JWKS_URL).
 */
export function readIssuers(settings: Settings): readonly IssuerOptions[] {
  const users = settings.url('USERS_URL', 'http://127.0.0.1:4101');
  return [{ issuer: users, jwksUrl: `${users}/.well-known/jwks.json`, audience }, gatewayIssuer(settings)];
}

export const gatewayIssuer = (settings: Settings): IssuerOptions => ({
  issuer: settings.text('GATEWAY_ISSUER', 'https://figway.internal'),
  jwksUrl: settings.url('GATEWAY_JWKS_URL', 'http://127.0.0.1:8080/.well-known/figway/jwks.json'),
  audience,
});
