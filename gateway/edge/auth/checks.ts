import type { Finding, KeyPath } from '../../config/problem.ts';
import { isIdentityName, isToken } from '../../core/headers.ts';
import { checkIssuers } from './issuer-checks.ts';
import { isKeyId, keyIdBound } from './new-key.ts';
import type { AuthConfig, RouteAuthConfig } from './schema.ts';
import { checkSession } from './session-checks.ts';

const bad = (path: KeyPath, message: string, code = 'bad-value'): Finding => ({
  ...{ severity: 'error', code, path, message },
});

/** The top-level `auth:`. */
export function* checkAuth(auth: AuthConfig): Generator<Finding> {
  if (auth.jwt === undefined && auth.apiKeys === undefined && auth.session === undefined)
    yield {
      ...bad(['auth'], 'expected jwt, apiKeys or session, got none: nobody could come in'),
      atKey: true,
    };
  yield* checkIssuers(auth.jwt);
  if (auth.apiKeys !== undefined) yield* checkApiKeys(auth.apiKeys);
  yield* checkSession(auth);
}

/** `auth:` of a route, or of unclaimed traffic. */
export function* checkRule(
  rule: RouteAuthConfig | undefined,
  path: KeyPath,
  auth: AuthConfig | undefined,
): Generator<Finding> {
  if (rule === undefined || rule === 'public' || rule === 'pass') return;
  if (auth === undefined)
    yield bad(
      path,
      'expected an auth: section that says how clients prove who they are, got none',
      'auth-missing',
    );
  if (typeof rule === 'object') yield* checkScopes(rule.scopes ?? [], [...path, 'scopes']);
}

/** RFC 6749 §3.3. */
const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function* checkScopes(scopes: readonly string[], path: KeyPath): Generator<Finding> {
  for (const [index, scope] of scopes.entries())
    if (!scopePattern.test(scope))
      yield bad([...path, index], `expected a scope without spaces and quotes, got ${JSON.stringify(scope)}`);
}

/** Fields that mean something else already, or that every client sends. */
const taken =
  /^(?:authorization|cookie|host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|via|forwarded|x-forwarded-.*|x-request-id|trace(?:parent|state)|accept.*|user-agent|origin|referer)$/;

/** SHA-256 of nothing, and of an empty line: what hashing tools say when the key was not there. */
const hashesOfNothing = new Set([
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b',
]);

function* checkApiKeys({ header, keys }: NonNullable<AuthConfig['apiKeys']>): Generator<Finding> {
  const path = ['auth', 'apiKeys'];
  if (!isToken(header)) yield bad([...path, 'header'], `expected the name of a header field, got ${header}`);
  else if (taken.test(header.toLowerCase()) || isIdentityName(header.toLowerCase()))
    yield bad([...path, 'header'], `expected a header field of its own such as x-api-key, got ${header}`);
  const ids = new Set<string>();
  const hashes = new Map<string, string>();
  for (const [index, { id, sha256, scopes }] of keys.entries()) {
    const at = [...path, 'keys', index];
    if (!isKeyId(id)) yield bad([...at, 'id'], `expected ${keyIdBound}, got ${JSON.stringify(id)}`);
    if (ids.has(id)) yield bad([...at, 'id'], `${id} is there twice`);
    const other = hashes.get(sha256);
    if (other !== undefined) yield bad([...at, 'sha256'], `expected a key of its own, got that of ${other}`);
    if (hashesOfNothing.has(sha256))
      yield bad([...at, 'sha256'], 'expected the hash of a key, got that of nothing');
    ids.add(id);
    hashes.set(sha256, id);
    yield* checkScopes(scopes, [...at, 'scopes']);
  }
}
