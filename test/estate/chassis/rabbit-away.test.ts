import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from '../../../extracted-services/chassis/events/bus.ts';
import { newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import { type BusPlace, brokerPort, isRabbitMissing, openBusPlace } from '../../kit/buses.ts';
import { openTcpProxy, type TcpProxy } from '../../kit/tcp-proxy.ts';

const event = (subject: string) =>
  newEvent({ source: '/services/orders', type: 'order.placed.v1', subject, data: {} });

describe.skipIf(isRabbitMissing)('a broker that goes away', () => {
  let place: BusPlace;
  let proxy: TcpProxy;
  let bus: Bus;
  const troubles: string[] = [];
  beforeEach(async () => {
    place = await openBusPlace('rabbit');
    // Somebody else has to be there first, so that everything exists and can be deleted.
    await (await place.open()).deadLetters.list();
    proxy = await openTcpProxy(brokerPort);
    troubles.length = 0;
    bus = await place.open({
      amqpUrl: `amqp://guest:guest@127.0.0.1:${proxy.port}`,
      onTrouble: what => troubles.push(what),
    });
  });
  afterEach(async () => {
    await place[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  it('is waited for by who publishes, and found again by who subscribed', async () => {
    const given: string[] = [];
    const types = ['order.placed.v1'];
    await bus.subscribe({ group: 'mail', types, handle: async ({ id }) => void given.push(id) }).ready;
    await proxy.shut();
    await expect.poll(() => troubles).not.toEqual([]);
    const sent = event('order/1');
    const published = bus.publish(sent);
    await proxy.open();
    await published;
    await expect.poll(() => given).toEqual([sent.id]);
  });

  it('gets no acknowledgement for what was under way, and delivers it again', async () => {
    const given: string[] = [];
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    await bus.subscribe({
      group: 'mail',
      types: ['order.placed.v1'],
      async handle({ id }) {
        given.push(id);
        if (given.length === 1) await mayEnd;
      },
    }).ready;
    const sent = event('order/1');
    await bus.publish(sent);
    await expect.poll(() => given).toEqual([sent.id]);
    await proxy.shut();
    end();
    await proxy.open();
    await expect.poll(() => given).toEqual([sent.id, sent.id]);
  });

  it('loses no dead letter: the event is only acknowledged when its dead letter is stored', async () => {
    await bus.subscribe({
      group: 'mail',
      types: ['order.placed.v1'],
      attempts: 1,
      backoff: 1,
      async handle() {
        await proxy.shut();
        throw new Error('no post today');
      },
    }).ready;
    const sent = event('order/1');
    await bus.publish(sent);
    await expect.poll(() => troubles.some(what => what.includes('no post today'))).toBe(true);
    const direct = await place.open();
    expect(await direct.deadLetters.list()).toEqual([]);
    await proxy.open();
    await expect.poll(async () => (await direct.deadLetters.list()).map(({ id }) => id)).toContain(sent.id);
  });

  it('may be away at the start: the group is ready when it comes', async () => {
    await proxy.shut();
    const late = await place.open({ amqpUrl: `amqp://guest:guest@127.0.0.1:${proxy.port}` });
    const given: string[] = [];
    const types = ['order.placed.v1'];
    const { ready } = late.subscribe({ group: 'mail', types, handle: async ({ id }) => void given.push(id) });
    await proxy.open();
    await ready;
    const sent = event('order/1');
    await late.publish(sent);
    await expect.poll(() => given).toEqual([sent.id]);
  });
});
