import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testCards } from '../../../extracted-services/payments/card.ts';
import type { Cashier } from '../../../extracted-services/payments/cashier.ts';
import { createEndpoints } from '../../../extracted-services/payments/endpoints.ts';
import { openapi } from '../../../extracted-services/payments/openapi.ts';
import type { Repository } from '../../../extracted-services/payments/repository.ts';
import { operationsOf, standardOperations, validatorOf } from '../../kit/openapi.ts';
import { openPayments, type PaymentsWorld } from '../../kit/payments.ts';

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPayments();
});
afterAll(() => world[Symbol.asyncDispose]());

it('describes what the service answers, no more and no less', () => {
  const endpoints = createEndpoints({} as Repository, {} as Cashier);
  const answered = endpoints.map(({ method, path }) => `${method} ${path}`);
  expect(operationsOf(openapi).toSorted()).toEqual([...answered, ...standardOperations].toSorted());
});

it('is what the service gives away', async () => {
  expect(await (await fetch(`${world.service.url}/openapi.json`)).json()).toEqual(openapi);
});

it.each([testCards.pays, testCards.declines, 'none'])('fits the answers to the card %s', async card => {
  const json = { order_id: '1', user_id: '7', amount_cents: 500, card };
  const { status, body } = await world.ask('POST', '/v1/payments', { json, key: `key-${card}` });
  const validate = validatorOf(openapi, status === 201 ? 'Payment' : 'Problem');
  expect([validate(body), validate.errors]).toEqual([true, null]);
});

it('is what its page says: endpoints, cards and problem codes', () => {
  const page = readFileSync('docs/services/payments.md', 'utf8');
  for (const operation of operationsOf(openapi)) expect(page).toContain(`\`${operation}\``);
  for (const card of Object.values(testCards)) expect(page).toContain(`\`${card}\``);
  const sources = ['cashier', 'endpoints', 'network-problem', 'card'].map(name =>
    readFileSync(`extracted-services/payments/${name}.ts`, 'utf8'),
  );
  const codes = sources.flatMap(source => [
    ...source.matchAll(/(?:new Problem\(\d+, |code: |readFields\(body, )'([a-z-]+)'/g),
  ]);
  expect(codes.length).toBeGreaterThan(10);
  for (const [, code] of codes) expect(page).toContain(`\`${code}\``);
});
