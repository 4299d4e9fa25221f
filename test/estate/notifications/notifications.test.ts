import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CloudEvent,
  type EventType,
  newEvent,
} from '../../../extracted-services/chassis/events/cloud-event.ts';
import { createEndpoints } from '../../../extracted-services/notifications/endpoints.ts';
import { listenedTo, messages } from '../../../extracted-services/notifications/messages.ts';
import { openapi } from '../../../extracted-services/notifications/openapi.ts';
import type { Repository } from '../../../extracted-services/notifications/repository.ts';
import { isRabbitMissing } from '../../kit/buses.ts';
import { isPostgresMissing } from '../../kit/databases.ts';
import { type NotificationsWorld, openNotifications } from '../../kit/notifications.ts';
import { operationsOf, standardOperations, validatorOf } from '../../kit/openapi.ts';

const event = (type: EventType, data: unknown, time?: string): CloudEvent =>
  newEvent({ source: '/services/orders', type, subject: 'order/42', data, ...(time && { time }) });
const registered = (time = '2026-03-01T00:00:00Z'): CloudEvent =>
  event('user.registered.v1', { userId: 7, email: 'alice@example.com', fullName: 'Alice Liddell' }, time);
const placed = (orderId = '42', userId: unknown = 7): CloudEvent =>
  event('order.placed.v1', { orderId, userId });
const captured = event('payment.captured.v1', {
  orderId: '42',
  userId: '7',
  cents: 1290,
  currency: 'EUR',
  lastFour: '1111',
});

const kinds = [
  { store: 'sqlite', bus: 'embedded', isMissing: false },
  { store: 'postgres', bus: 'rabbit', isMissing: isPostgresMissing || isRabbitMissing },
] as const;

describe.each(kinds)('notifications on $store and the $bus bus', ({ store, bus, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let world: NotificationsWorld;
    beforeEach(async () => {
      world = await openNotifications(store, bus);
      await expect.poll(async () => (await fetch(`${world.service.url}/readyz`)).status).toBe(200);
      // A broker tells nobody about what came before their queue.
      await expect
        .poll(async () => {
          await world.bus.publish(event('user.changed.v1', { userId: 1, email: 'staff@example.com' }));
          return (await fetch(`${world.service.url}/metrics`)).text();
        })
        .toContain('notifications_events_total{type="user.changed.v1",outcome="new"}');
    });
    afterEach(() => world[Symbol.asyncDispose]());

    it('are made of events, in words for people, newest first', async () => {
      for (const each of [registered(), placed(), captured]) {
        await world.bus.publish(each);
        await expect.poll(async () => (await world.list())[0]?.event_type).toBe(each.type);
      }
      expect((await world.list()).map(({ subject, text }) => [subject, text])).toEqual([
        ['Payment for order 42', 'We have taken 12.90 EUR from your card ending in 1111.'],
        ['We have your order 42', expect.stringContaining('stock and payment')],
        ['Welcome', 'Hello Alice Liddell, your account is ready.'],
      ]);
      expect((await world.list()).every(({ mailed_at }) => mailed_at !== null)).toBe(true);
    });

    it('are sent once for an event that is delivered three times', async () => {
      for (const each of [placed(), captured, captured, captured]) await world.bus.publish(each);
      await expect
        .poll(async () => (await fetch(`${world.service.url}/metrics`)).text())
        .toContain('notifications_events_total{type="payment.captured.v1",outcome="repeated"} 2');
      expect((await world.list()).map(({ event_type }) => event_type)).toEqual([
        captured.type,
        placed().type,
      ]);
    });

    it('are mailed when the address is known, also where it comes late', async () => {
      await world.bus.publish(placed());
      await expect.poll(() => world.list()).toHaveLength(1);
      expect((await world.list())[0]?.mailed_at).toBeNull();
      await world.bus.publish(registered());
      await expect
        .poll(async () => (await world.list()).map(({ mailed_at }) => mailed_at === null))
        .toEqual([false, false]);
    });

    it('wait for a service that is down', async () => {
      await world.stop();
      await world.bus.publish(placed());
      await world.start();
      await expect.poll(() => world.list()).toHaveLength(1);
    });

    it('make a dead letter of an event that lacks what they need, and go on', async () => {
      const broken = event('payment.captured.v1', { orderId: '42', userId: 7, cents: 12.9 });
      await world.bus.publish(broken);
      await world.bus.publish(placed());
      await expect.poll(() => world.list()).toHaveLength(1);
      await expect.poll(() => world.bus.deadLetters.list('notifications')).toHaveLength(1);
      const [letter] = await world.bus.deadLetters.list('notifications');
      expect(letter).toMatchObject({
        id: broken.id,
        attempts: 1,
        reason: 'Unhandleable: data.cents: expected whole cents, got 12.9',
      });
    });
  });
});

describe('GET /v1/notifications', () => {
  let world: NotificationsWorld;
  beforeEach(async () => {
    world = await openNotifications();
    for (let number = 1; number <= 5; number += 1) {
      await world.bus.publish(placed(String(number), number === 3 ? 8 : 7));
    }
    await expect.poll(() => world.list('', staff)).toHaveLength(5);
  });
  afterEach(() => world[Symbol.asyncDispose]());
  const staff = { sub: '1', roles: ['staff'] };
  const orders = (listed: readonly { subject: string }[]): string =>
    listed.map(({ subject }) => subject.replace('We have your order ', '')).join('');

  it('gives people their own, and staff anybody’s', async () => {
    expect(orders(await world.list())).toBe('5421');
    expect(orders(await world.list('?user_id=7'))).toBe('5421');
    expect(orders(await world.list('', { sub: '8' }))).toBe('3');
    expect(orders(await world.list('', staff))).toBe('54321');
    expect(orders(await world.list('?user_id=8', staff))).toBe('3');
    expect(await world.ask('?user_id=8')).toMatchObject({ status: 403, body: { code: 'role-missing' } });
    expect(orders(await world.list('', { sub: 'service:orders', client_id: 'orders' }))).toBe('');
  });

  it('needs the scope notifications:read', async () => {
    expect(await world.ask('', { scope: 'orders:read' })).toMatchObject({
      status: 403,
      body: { code: 'scope-missing' },
    });
    expect((await fetch(`${world.service.url}/v1/notifications`)).status).toBe(401);
  });

  it('goes on where the page before ended', async () => {
    const first = (await world.ask('?limit=3')).body;
    expect(orders(first.notifications)).toBe('542');
    const second = (await world.ask(`?limit=3&before=${first.next}`)).body;
    expect([orders(second.notifications), second.next]).toEqual(['1', undefined]);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'before=-1', 'before=1.5'])('refuses %s', async query => {
    const { status, body } = await world.ask(`?${query}`);
    expect([status, body.code]).toEqual([400, 'bad-query']);
  });

  it('is what its description says', async () => {
    const endpoints = createEndpoints({} as Repository).map(({ method, path }) => `${method} ${path}`);
    expect(operationsOf(openapi).toSorted()).toEqual([...endpoints, ...standardOperations].toSorted());
    expect(await (await fetch(`${world.service.url}/openapi.json`)).json()).toEqual(openapi);
    const validate = validatorOf(openapi, 'Page');
    expect([validate((await world.ask('?limit=3')).body), validate.errors]).toEqual([true, null]);
  });
});

it('have no line breaks from events in their subjects', async () => {
  await using world = await openNotifications();
  await world.bus.publish(placed('42\r\nBcc: everybody@example.com'));
  await expect.poll(() => world.bus.deadLetters.list('notifications')).toHaveLength(1);
  expect(await world.list()).toEqual([]);
});

it('are what their page says: endpoints and events', () => {
  const page = readFileSync('docs/services/notifications.md', 'utf8');
  for (const operation of operationsOf(openapi)) expect(page).toContain(`\`${operation}\``);
  for (const type of listenedTo) expect(page).toContain(`\`${type}\``);
  expect(listenedTo).toEqual(expect.arrayContaining(Object.keys(messages)));
});
