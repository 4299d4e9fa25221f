import { isConfidential } from '../config/address.ts';
import type { Finding, KeyPath } from '../config/problem.ts';
import { checkTls } from '../config/tls.ts';
import type { CredentialsConfig } from './schema.ts';

const bad = (path: KeyPath, message: string): Finding => ({
  ...{ severity: 'error', code: 'bad-value', path, message },
});

/** The gateway's secret goes to an address that is one, and nobody on the way can read it. */
export function* checkCredentials(
  { tokenUrl, scope, tls }: CredentialsConfig,
  path: KeyPath,
  isMonolith: boolean,
): Generator<Finding> {
  if (isMonolith)
    yield {
      ...bad(path, 'expected no credentials for the monolith: it gets Authorization as it came'),
      atKey: true,
    };
  const at = [...path, 'tokenUrl'];
  if (!URL.canParse(tokenUrl) || !/^https?:\/\//i.test(tokenUrl))
    yield bad(
      at,
      `expected an address such as https://id.example.com/oauth/token, got ${JSON.stringify(tokenUrl)}`,
    );
  else if (new URL(tokenUrl).username !== '' || new URL(tokenUrl).password !== '')
    yield bad(at, 'expected an address without user and password, got one with them');
  else if (!isConfidential(tokenUrl))
    yield bad(
      at,
      `expected https, since whoever is on the way could read the secret, got ${JSON.stringify(tokenUrl)}`,
    );
  if (tls !== undefined) yield* checkTls(tls, [...path, 'tls']);
  if (scope !== undefined && !/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(scope))
    yield bad([...path, 'scope'], `expected scopes with a space between them, got ${JSON.stringify(scope)}`);
}
