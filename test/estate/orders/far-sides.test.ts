import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createOutgoing } from '../../../extracted-services/chassis/outgoing.ts';
import { newTrace } from '../../../extracted-services/chassis/trace.ts';
import type { FoundPayment } from '../../../extracted-services/orders/far-side.ts';
import { createPayments } from '../../../extracted-services/orders/payments.ts';
import { createStockOverGrpc } from '../../../extracted-services/orders/stock-grpc.ts';
import { createStockOverRest } from '../../../extracted-services/orders/stock-rest.ts';
import { openProducts } from '../../kit/products.ts';
import { openUpstream } from '../../kit/upstream.ts';

it('the copy of stock.proto is what products publishes', () => {
  const [ours, theirs] = ['orders', 'products'].map(name =>
    readFileSync(`extracted-services/${name}/stock.proto`, 'utf8'),
  );
  expect(ours).toBe(theirs);
});

const trace = newTrace();

describe.each(['grpc', 'rest'] as const)('stock over %s', protocol => {
  it('tells a refusal from a failure: too little, an id that was given up, a token that is missing', async () => {
    await using products = await openProducts();
    const open = (token: () => Promise<string>) =>
      protocol === 'grpc'
        ? createStockOverGrpc({ address: products.service.grpcAddress, token, breaker: { minimum: 2 } })
        : createStockOverRest(
            createOutgoing({
              ...{ name: 'products', baseUrl: products.service.url, token, breaker: { minimum: 2 } },
            }),
          );
    const stock = open(async () => products.token('stock:reserve'));
    const lines = [{ productId: 1, quantity: 1 }];
    expect(await stock.reserve(1_000_000, lines, trace)).toMatchObject({
      kind: 'refused',
      code: 'stock-short',
    });
    expect(await stock.commit(1_000_001, trace)).toMatchObject({
      kind: 'refused',
      code: 'reservation-not-found',
    });
    expect(await stock.release(1_000_001, trace)).toEqual({ kind: 'done' });
    expect(await stock.reserve(1_000_001, lines, trace)).toMatchObject({
      kind: 'refused',
      code: 'reservation-conflict',
    });
    // It said no four times, and that is no reason not to ask it.
    expect(stock.state()).toBe('closed');
    stock.close();
    const stranger = open(async () => products.token('products:read'));
    await expect(stranger.release(1_000_002, trace)).rejects.toMatchObject({ name: 'OutgoingFailure' });
    stranger.close();
  });

  it('opens its breaker where nobody is there', async () => {
    const stock =
      protocol === 'grpc'
        ? createStockOverGrpc({ address: '127.0.0.1:1', timeout: 500, breaker: { minimum: 2 } })
        : createStockOverRest(
            createOutgoing({
              ...{ name: 'products', baseUrl: 'http://127.0.0.1:1', attempts: 1, breaker: { minimum: 2 } },
            }),
          );
    for (let time = 0; time < 2; time += 1) await stock.release(1, trace).catch(() => {});
    expect(stock.state()).toBe('open');
    await expect(stock.release(1, trace)).rejects.toMatchObject({ kind: 'breaker-open' });
    stock.close();
  });
});

describe('payments', () => {
  it('gives back by what the payment is: void, refund, nothing, or wait', async () => {
    const asked: string[] = [];
    const upstream = await openUpstream((req, res) => {
      asked.push(`${req.url} ${req.headers['idempotency-key']}`);
      req.resume();
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    const payments = createPayments(createOutgoing({ name: 'payments', baseUrl: upstream.url }));
    const giveBack = (status: string) =>
      payments.giveBack(7, { paymentId: 'p', status } satisfies FoundPayment, trace);
    expect(await giveBack('authorised')).toBe('voided');
    expect(await giveBack('captured')).toBe('refunded');
    for (const status of ['declined', 'failed']) expect(await giveBack(status)).toBe('none');
    for (const status of ['voided', 'refunded']) expect(await giveBack(status)).toBe(status);
    await expect(giveBack('pending')).rejects.toThrow('the payment is still pending');
    expect(asked).toEqual(['/v1/payments/p/void order-7-void-p', '/v1/payments/p/refund order-7-refund-p']);
    payments.close();
    await upstream.close();
  });

  it.each([
    [409, { code: 'payment-busy' }],
    [401, { code: 'token-expired' }],
    [403, { code: 'scope-missing' }],
    [429, {}],
  ])('takes %i %j for something that passes, and no refusal', async (status, body) => {
    const upstream = await openUpstream((req, res) => {
      req.resume();
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    const payments = createPayments(createOutgoing({ name: 'payments', baseUrl: upstream.url, attempts: 1 }));
    await expect(payments.capture(7, 'p', trace)).rejects.toMatchObject({ name: 'OutgoingFailure' });
    payments.close();
    await upstream.close();
  });
});
