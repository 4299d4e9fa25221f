import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../estate/make-certificates.ts';
import { createGrpcClient, type GrpcClient } from '../../../extracted-services/chassis/grpc-client.ts';
import { createLegacyFeed } from '../../../extracted-services/chassis/legacy/feed.ts';
import { readTls, type Tls } from '../../../extracted-services/chassis/tls.ts';
import { newTrace } from '../../../extracted-services/chassis/trace.ts';
import { stockService } from '../../../extracted-services/products/grpc.ts';
import { startMonolith } from '../../../legacy-monolith/monolith.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { openProducts, type ProductsRig } from '../../kit/products.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

let rig: ProductsRig;
const log: Record<string, unknown>[] = [];
beforeAll(async () => {
  const monolith = await startMonolith({ port: 0, internalToken });
  rig = await openProducts({
    legacy: createLegacyFeed({ url: monolith.url, token: internalToken }),
    more: { log: line => log.push(JSON.parse(line)) },
  });
  await monolith.close();
});
afterAll(() => rig[Symbol.asyncDispose]());

function open(token: string, address = rig.service.grpcAddress): GrpcClient & Disposable {
  const { proto, name } = stockService;
  const client = createGrpcClient({ proto, service: name, address, token: async () => token });
  return { ...client, [Symbol.dispose]: () => client.close() };
}
const trace = newTrace();
const lines = [{ product_id: 8, quantity: 2 }];

describe('reserving over gRPC', () => {
  it('is the same reservation as over REST', async () => {
    using client = open(rig.token('stock:reserve'));
    const reply = await client.call('Reserve', { reservation_id: 'g-1', lines }, trace);
    const answer = await rig.call('GET', '/v1/reservations/g-1', { token: rig.token('stock:reserve') });
    expect(reply).toEqual(await answer.json());
    expect(await client.call('Commit', { reservation_id: 'g-1' }, trace)).toMatchObject({
      state: 'committed',
    });
    expect(await client.call('Get', { reservation_id: 'g-1' }, trace)).toMatchObject({ state: 'committed' });
    expect(await client.call('Release', { reservation_id: 'g-1' }, trace)).toMatchObject({
      state: 'released',
    });
  });

  it.each([
    [
      'Reserve',
      { reservation_id: 'g-2', lines: [{ product_id: 8, quantity: 9999 }] },
      'FAILED_PRECONDITION',
      'stock-short',
    ],
    ['Reserve', { reservation_id: 'g 2', lines }, 'INVALID_ARGUMENT', 'bad-reservation'],
    ['Reserve', { reservation_id: 'g-2', lines: [] }, 'INVALID_ARGUMENT', 'bad-reservation'],
    [
      'Reserve',
      { reservation_id: 'g-2', lines, expires_in_seconds: -1 },
      'INVALID_ARGUMENT',
      'bad-reservation',
    ],
    ['Commit', { reservation_id: 'none' }, 'NOT_FOUND', 'reservation-not-found'],
  ])('refuses %s %j', async (method, request, name, code) => {
    using client = open(rig.token('stock:reserve'));
    await expect(client.call(method, request, trace)).rejects.toMatchObject({ status: name, code });
  });

  it.each([
    ['not a token', 'UNAUTHENTICATED', 'token-invalid'],
    ['', 'UNAUTHENTICATED', 'token-missing'],
  ])('refuses the token "%s"', async (token, name, code) => {
    using client = open(token);
    await expect(client.call('Get', { reservation_id: 'g-1' }, trace)).rejects.toMatchObject({
      status: name,
      code,
    });
  });

  it('refuses a token without the scope', async () => {
    using client = open(rig.token('products:read'));
    const refused = client.call('Get', { reservation_id: 'g-1' }, trace);
    await expect(refused).rejects.toMatchObject({ status: 'PERMISSION_DENIED', code: 'scope-missing' });
  });

  it('logs a call with the trace that it belongs to', async () => {
    using client = open(rig.token('stock:reserve'));
    const own = newTrace();
    await client.call('Release', { reservation_id: 'g-3' }, own);
    await expect
      .poll(() => log.find(line => line.trace_id === own.traceId))
      .toMatchObject({ msg: 'call', method: 'Release', code: 'ok', request_id: own.requestId });
  });

  it('tells a service that is not there from one that says no', async () => {
    using client = open('x', '127.0.0.1:1');
    const failed = client.call('Get', { reservation_id: 'g-1' }, trace);
    await expect(failed).rejects.toMatchObject({ name: 'OutgoingFailure', kind: 'refused' });
  });
});

describe('its health', () => {
  const health = (address?: string) => {
    const proto = 'extracted-services/chassis/health.proto';
    return createGrpcClient({
      proto,
      service: 'grpc.health.v1.Health',
      address: address ?? rig.service.grpcAddress,
    });
  };

  it('is told without a token, for the server and for the service', async () => {
    const client = health();
    for (const service of ['', stockService.name]) {
      expect(await client.call('Check', { service }, trace)).toEqual({ status: 'SERVING' });
    }
    await expect(client.call('Check', { service: 'other' }, trace)).rejects.toMatchObject({
      status: 'NOT_FOUND',
    });
    client.close();
  });

  it('is gone when the service has stopped', async () => {
    const other = await openProducts();
    const client = health(other.service.grpcAddress);
    expect(await client.call('Check', { service: '' }, trace)).toEqual({ status: 'SERVING' });
    await other[Symbol.asyncDispose]();
    await expect(client.call('Check', { service: '' }, trace)).rejects.toMatchObject({ kind: 'refused' });
    client.close();
  });
});

describe('over mutual TLS', () => {
  it('answers who shows a certificate of the estate, and nobody else', async () => {
    await using folder = await openTempFolder();
    await makeCertificates(folder.path, ['products', 'orders']);
    const more = { tls: await readTls(folder.path, 'products') };
    await using other = await openProducts({ more });
    const ask = async (tls: Tls | undefined, address = other.service.grpcAddress): Promise<unknown> => {
      const client = createGrpcClient({
        proto: 'extracted-services/chassis/health.proto',
        service: 'grpc.health.v1.Health',
        address,
        tls,
      });
      try {
        return await client.call('Check', { service: '' }, trace);
      } catch (error) {
        return (error as { kind: string }).kind;
      } finally {
        client.close();
      }
    };
    const orders = await readTls(folder.path, 'orders');
    expect(await ask(orders)).toEqual({ status: 'SERVING' });
    expect(await ask(undefined)).toBe('refused');
    // Its certificate is for 127.0.0.1.
    await using elsewhere = await openProducts({ more, grpcListen: { host: '127.0.0.2', port: 0 } });
    expect(await ask(orders, elsewhere.service.grpcAddress)).toBe('refused');
    await using stranger = await openTempFolder();
    await makeCertificates(stranger.path, ['orders']);
    expect(await ask(await readTls(stranger.path, 'orders'))).toBe('refused');
  });
});
