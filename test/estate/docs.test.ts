import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { estateProcesses } from '../../estate/processes.ts';
import { openapi } from '../../extracted-services/orders/openapi.ts';
import { steps } from '../../extracted-services/orders/saga-steps.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';

const docs = readFileSync('docs/estate.md', 'utf8');
const ordersPage = readFileSync('docs/services/orders.md', 'utf8');
const read = (...files: readonly string[]): string =>
  files.map(file => readFileSync(file, 'utf8')).join('\n');
const variablesOf = (text: string, names: RegExp): readonly string[] =>
  [...new Set(text.match(names))].toSorted();

/** What `npm start` reads by itself, or passes on as it is. */
const passedOn = ['ESTATE_DATA', 'FIGWAY_CONFIG', 'DATABASE_URL', 'AMQP_URL', 'REDIS_URL'];

describe('docs/estate.md', () => {
  it('lists every variable by which the estate is told something, and no other', () => {
    const variables = (text: string): readonly string[] => text.match(/\b[A-Z]{3,}(?:_[A-Z]+)+\b/g) ?? [];
    const told = estateProcesses({}, {}, 'certificates').flatMap(({ env, listens }) => [
      ...Object.keys(env),
      ...Object.keys(listens),
    ]);
    // Pages of their own tell of the rest: docs/services and docs/patterns.
    const elsewhere =
      /^(?!LEGACY|ORDERS|FIGWAY|GATEWAY_CLIENT|BUS).*(?:_DATABASE|_CLIENT_SECRET|_FROM|JWKS_URL)$|^ORDERS_CLIENT/;
    const expected = [
      ...told.filter(name => !elsewhere.test(name)),
      ...variables(readFileSync('routes.yaml', 'utf8')),
      'ORDERS_AUTH',
      ...passedOn,
    ];
    expect([...new Set(variables(docs))].toSorted()).toEqual([...new Set(expected)].toSorted());
  });

  it('has a row with the port of every process', () => {
    for (const { name, url } of estateProcesses({}, {}))
      expect(docs).toMatch(new RegExp(`^\\| ${name} +\\| ${new URL(url).port}\\b`, 'm'));
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

describe('docs/services/orders.md', () => {
  const source = read('extracted-services/orders/main.ts', 'extracted-services/orders/switches.ts');

  it('lists every variable that is read, and no other', () => {
    const names = /\b[A-Z]+_[A-Z_]+\b/g;
    const issuers = ['GATEWAY_ISSUER', 'GATEWAY_JWKS_URL'];
    expect(variablesOf(ordersPage, names)).toEqual([...variablesOf(source, names), ...issuers].toSorted());
  });

  it('tells the defaults, and the other value of each switch', () => {
    for (const [, variable = '', value = ''] of source.matchAll(
      /'(ORDERS_\w+)', \[\s*'as-legacy', '([\w-]+)'/g,
    )) {
      expect(ordersPage).toMatch(new RegExp(`\\| \`${variable}\` +\\| \`${value}\` +\\|`));
    }
    for (const [, fallback = ''] of source.matchAll(/, '([a-z]+:\/\/[^']+|[\d.]+:\d+)'\)/g)) {
      expect(ordersPage).toContain(`\`${fallback}\``);
    }
  });

  it('lists every path of the service', () => {
    for (const path of Object.keys(openapi.paths)) {
      expect(ordersPage).toContain(` ${path.replace('{id}', ':id')}\``);
    }
  });

  it('lists every step of the saga, every event, and how each step is taken back', () => {
    for (const { name, done, undone } of steps) {
      expect(ordersPage).toMatch(
        new RegExp(`\\| \`${name}\` .*\`${done}\`.*${undone ? `\`${undone}\`` : ''}`),
      );
    }
    for (const [, type = ''] of read('extracted-services/orders/upcast.ts').matchAll(
      /^ {2}'([a-z-]+)': true/gm,
    )) {
      expect(ordersPage).toContain(`\`${type}\``);
    }
  });
});
