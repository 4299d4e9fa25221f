import type { Finding, KeyPath } from '../../config/problem.ts';
import { isToken } from '../../core/headers.ts';
import { isOriginPattern } from './origins.ts';
import type { CorsConfig } from './schema.ts';

/** Origins, methods and names are such, and nobody opens a door with credentials to everybody. */
export function* checkCors(cors: CorsConfig, path: KeyPath): Generator<Finding> {
  const bad = (at: KeyPath, message: string, code = 'bad-value'): Finding => ({
    ...{ severity: 'error', code, path: [...path, ...at], message },
  });
  for (const [index, origin] of cors.origins.entries())
    if (!isOriginPattern(origin))
      yield bad(
        ['origins', index],
        `expected an origin such as https://shop.example.com or https://*.example.com, without a path, got ${origin}`,
      );
    else if (origin === '*' && cors.credentials)
      yield bad(
        ['origins', index],
        'expected named origins where credentials are allowed, got *: any page could act for the user',
        'cors-open',
      );
  for (const list of ['methods', 'headers', 'expose'] as const)
    for (const [index, name] of (cors[list] ?? []).entries())
      if (!isToken(name)) yield bad([list, index], `expected a token, got ${JSON.stringify(name)}`);
}
