import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { estateProcesses } from '../../estate/processes.ts';
import { openapi } from '../../extracted-services/orders/openapi.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';

const docs = readFileSync('docs/estate.md', 'utf8');

/** What `npm start` reads by itself, or passes on as it is. */
const passedOn = ['ESTATE_DATA', 'FIGWAY_CONFIG', 'DATABASE_URL', 'AMQP_URL', 'REDIS_URL'];

describe('docs/estate.md', () => {
  it('lists every variable by which the estate is told something, and those of orders, and no other', () => {
    const variables = (text: string): readonly string[] => text.match(/\b[A-Z]{3,}(?:_[A-Z]+)+\b/g) ?? [];
    const told = estateProcesses({}, {}).flatMap(({ env, listens }) => [
      ...Object.keys(env),
      ...Object.keys(listens),
    ]);
    // Pages of their own tell of the rest: docs/services and docs/patterns.
    const elsewhere =
      /^(?!LEGACY|ORDERS|FIGWAY|GATEWAY_CLIENT|BUS).*(?:_DATABASE|_CLIENT_SECRET|_FROM|JWKS_URL)$|^ORDERS_CLIENT/;
    const expected = [
      ...told.filter(name => !elsewhere.test(name)),
      ...variables(readFileSync('routes.yaml', 'utf8')),
      ...variables(readFileSync('extracted-services/orders/main.ts', 'utf8')),
      ...passedOn,
    ];
    expect([...new Set(variables(docs))].toSorted()).toEqual([...new Set(expected)].toSorted());
  });

  it('has a row with the port of every process', () => {
    for (const { name, url } of estateProcesses({}, {}))
      expect(docs).toMatch(new RegExp(`^\\| ${name} +\\| ${new URL(url).port}\\b`, 'm'));
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
