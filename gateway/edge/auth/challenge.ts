import { Refusal } from '../../core/errors.ts';

/** The refusals of auth, with the challenge that RFC 6750 §3 asks for. Details are ours: never a part of a credential. */
const challenge = (parameters: string): readonly string[] => [
  'www-authenticate',
  `Bearer realm="figway"${parameters}`,
];

/** Nothing was presented: then no error is named (§3.1). */
export const credentialsMissing = (detail: string): Refusal =>
  new Refusal('token-missing', detail, challenge(''));

/** Without quotes and backslashes, as `error_description` has none (§3). */
const described = (error: string, detail: string): string =>
  `, error="${error}", error_description="${detail.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')}"`;

export const credentialsInvalid = (detail: string): Refusal =>
  new Refusal('token-invalid', detail, challenge(described('invalid_token', detail)));

export const credentialsExpired = (detail: string): Refusal =>
  new Refusal('token-expired', detail, challenge(described('invalid_token', detail)));

/** @param required all scopes of the route, in order. */
export function scopeMissing(required: readonly string[], missing: string): Refusal {
  const detail = `the scope ${missing} is missing`;
  const named = `${described('insufficient_scope', detail)}, scope="${required.join(' ')}"`;
  return new Refusal('scope-missing', detail, challenge(named));
}
