import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openapi } from '../../extracted-services/orders/openapi.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';

const docs = readFileSync('docs/estate.md', 'utf8');
const sources = [
  'estate/processes.ts',
  'legacy-monolith/main.ts',
  'extracted-services/orders/main.ts',
  'routes.yaml',
].map(file => readFileSync(file, 'utf8'));

describe('docs/estate.md', () => {
  it('lists every variable that is read, and no other', () => {
    const variables = (text: string): readonly string[] =>
      [...new Set(text.match(/\b(?:LEGACY|ORDERS|FIGWAY|ESTATE)_[A-Z_]+\b/g))].toSorted();
    expect(variables(docs)).toEqual(variables(sources.join('\n')));
  });

  it('lists every path of the service', () => {
    for (const path of Object.keys(openapi.paths)) {
      expect(docs).toContain(`GET ${path.replace('{id}', ':id')}`);
    }
  });

  it('lists nothing of the monolith that is not there', async () => {
    const monolith = await startMonolith({ port: 0, reportDelay: 0, internalToken: 'asked without it' });
    const rows = [...docs.matchAll(/^\| `(GET|POST|PUT) (\/[^v`][^`?]*|\/)(?:\?[^`]*)?` +\|/gm)];
    expect(rows.length).toBeGreaterThan(50);
    for (const [, method = '', path = ''] of rows) {
      const answer = await fetch(monolith.url + path.replace(':id', '42'), { method, redirect: 'manual' });
      expect([method, path, answer.status]).not.toEqual([method, path, 404]);
      await answer.body?.cancel();
    }
    await monolith.close();
  });

  it('tells the truth about the demo users', async () => {
    const monolith = await startMonolith({ port: 0 });
    for (const email of [
      'alice@example.com',
      'admin@example.com',
      'user3@example.com',
      'user500@example.com',
    ]) {
      const body = new URLSearchParams({ email, password: 'wonderland' });
      const answer = await fetch(`${monolith.url}/login`, { method: 'POST', body, redirect: 'manual' });
      expect([email, answer.status]).toEqual([email, 302]);
    }
    await monolith.close();
  });
});
