import { isLoopback, parseAddress } from '../config/address.ts';
import type { Finding, KeyPath } from '../config/problem.ts';
import type { AdminConfig } from './schema.ts';

interface AdminParts {
  readonly admin: AdminConfig;
  readonly routes: Readonly<Record<string, unknown>>;
}

/** Who may use the admin port is told apart, and nobody is let in by an oversight. */
export function* checkAdmin({ admin, routes }: AdminParts): Generator<Finding> {
  const address = parseAddress(admin.listen);
  if (address !== undefined && !isLoopback(address.host) && admin.tokens.length === 0)
    yield {
      severity: 'error',
      code: 'admin-open',
      path: ['admin', 'listen'],
      message: `expected at least one of admin.tokens for a port beyond loopback, got ${admin.listen} and none`,
      fix: 'listen on 127.0.0.1:8081, or add a token: its sha256 is what `printf %s TOKEN | sha256sum` prints',
    };
  const names = Object.keys(routes);
  const ids = new Set<string>();
  const hashes = new Set<string>();
  for (const [index, token] of admin.tokens.entries()) {
    const path: KeyPath = ['admin', 'tokens', index];
    if (ids.has(token.id)) yield twice([...path, 'id'], `the token id ${token.id}`);
    if (hashes.has(token.sha256)) yield twice([...path, 'sha256'], `the token of ${token.id}`);
    ids.add(token.id);
    hashes.add(token.sha256);
    if (token.role === 'admin' && token.routes !== undefined)
      yield {
        severity: 'warning',
        code: 'ignored-setting',
        path: [...path, 'routes'],
        message: 'an admin may do everything: routes limits viewers and operators only',
      };
    for (const [at, pattern] of (token.routes ?? []).entries())
      if (!names.some(name => matchesName(pattern, name)))
        yield {
          severity: 'warning',
          code: 'matches-no-route',
          path: [...path, 'routes', at],
          message: `no route is named ${pattern}, so ${token.id} may do nothing by it`,
        };
  }
}

const twice = (path: KeyPath, what: string): Finding => ({
  ...{ severity: 'error', code: 'token-twice', path, message: `${what} is given twice` },
});

/** `orders-*` covers `orders-read`; a `*` stands for any run of characters. */
export function matchesName(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return pattern === name;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
