import type { IssuerOptions } from './auth.ts';
import type { Settings } from './settings.ts';

/** The audience of every access token of the estate. */
export const audience = 'shop';

/** Where the users service is, and what it calls itself in its tokens: USERS_ISSUER, by default its address. */
export function readUsersIssuer(settings: Settings): { readonly url: string; readonly issuer: string } {
  const url = settings.url('USERS_URL', 'http://127.0.0.1:4101');
  return { url, issuer: settings.text('USERS_ISSUER', url) };
}

/**
 * Whose tokens a service takes: those of the users service (USERS_URL, USERS_ISSUER) and those that the gateway mints for
 * people who are logged in at the monolith (GATEWAY_ISSUER, GATEWAY_JWKS_URL).
 */
export function readIssuers(settings: Settings): readonly IssuerOptions[] {
  const { url, issuer } = readUsersIssuer(settings);
  return [{ issuer, jwksUrl: `${url}/.well-known/jwks.json`, audience }, gatewayIssuer(settings)];
}

export const gatewayIssuer = (settings: Settings): IssuerOptions => ({
  issuer: settings.text('GATEWAY_ISSUER', 'https://figway.internal'),
  jwksUrl: settings.url('GATEWAY_JWKS_URL', 'http://127.0.0.1:8080/.well-known/figway/jwks.json'),
  audience,
});
