import type { BusSettings, SubscribeOptions, Subscription } from './bus.ts';
import { type CloudEvent, parseCloudEvent } from './cloud-event.ts';
import { backoffAfter, isLast, reasonOf, settleAll, toSettings } from './delivery.ts';
import type { RabbitNames } from './rabbit-bus.ts';
import type { Channel, Message, RabbitLink } from './rabbit-link.ts';

/** Deliveries of one message, over all crashes and lost connections, before the broker itself makes it a dead letter. */
const deliveryLimit = 20;

/**
 * Consumes a group's queue. A message is acknowledged when its event is handled, or stored among the dead letters; until
 * then it is tried again here, and those of the same subject wait behind it.
 */
export function subscribeRabbit(
  link: RabbitLink,
  names: RabbitNames,
  options: SubscribeOptions,
  { clock, onTrouble }: BusSettings,
): Subscription {
  const settings = toSettings(options);
  const { group, types, prefetch } = settings;
  const queue = names.queueOf(group);
  const ready = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const underWay = new Set<Promise<void>>();
  const lastOf = new Map<string, Promise<void>>();
  let isClosed = false;
  let consumer: { readonly channel: Channel; readonly tag: string } | undefined;
  ready.promise.catch(() => {});

  const forget = link.onConnection(async (channel, again) => {
    await channel.assertQueue(queue, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': deliveryLimit,
        'x-overflow': 'reject-publish',
        'x-dead-letter-exchange': names.deadLetters,
        'x-dead-letter-routing-key': group,
        'x-dead-letter-strategy': 'at-least-once',
      },
    });
    for (const type of types) await channel.bindQueue(queue, names.events, type);
    await channel.prefetch(prefetch);
    if (isClosed) return;
    const { consumerTag: tag } = await channel.consume(queue, message => {
      if (message) take(channel, message);
      else again();
    });
    consumer = { channel, tag };
    ready.resolve();
  });

  function take(channel: Channel, message: Message): void {
    const event = parseCloudEvent(message.content.toString('utf8'));
    const subject = 'malformed' in event ? '' : event.subject;
    const work = (lastOf.get(subject) ?? Promise.resolve())
      .then(() => settle(channel, message, event))
      .catch(error => onTrouble(`${group}: ${reasonOf(error)}`))
      .finally(() => {
        underWay.delete(work);
        if (lastOf.get(subject) === work) lastOf.delete(subject);
      });
    lastOf.set(subject, work);
    underWay.add(work);
  }

  async function settle(channel: Channel, message: Message, event: ReturnType<typeof parseCloudEvent>) {
    if (isClosed) return;
    const failure =
      'malformed' in event
        ? { reason: `malformed: ${event.malformed}`, attempts: 1 }
        : types.includes(event.type)
          ? await handle(event)
          : undefined;
    if (failure === 'closed') return;
    if (failure !== undefined && !(await isBuried(message, failure))) return;
    // On a channel that is lost this throws, and the message comes again.
    channel.ack(message);
  }

  async function handle(event: CloudEvent) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await settings.handle(event);
        return undefined;
      } catch (error) {
        const reason = reasonOf(error);
        onTrouble(`${group}: attempt ${attempt} at ${event.type} ${event.id}: ${reason}`);
        if (isLast(error, attempt, settings.attempts)) return { reason, attempts: attempt };
      }
      if (await isClosedWithin(backoffAfter(attempt, settings.backoff))) return 'closed';
    }
  }

  /** Tries until the broker has it or the subscription ends: nothing is acknowledged before it is stored. */
  async function isBuried(message: Message, failure: { reason: string; attempts: number }): Promise<boolean> {
    const headers = { ...failure, at: new Date(clock.wall()).toISOString() };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { messageId, contentType } = message.properties;
        await link.send(names.deadLetters, group, message.content, { messageId, contentType, headers });
        return true;
      } catch (error) {
        onTrouble(`${group}: ${reasonOf(error)}`);
      }
      if (await isClosedWithin(backoffAfter(attempt, settings.backoff))) return false;
    }
  }

  async function isClosedWithin(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(ms, resolve);
    await Promise.race([promise, closed.promise]);
    cancel();
    return isClosed;
  }

  return {
    ready: ready.promise,
    async close() {
      if (isClosed) return;
      isClosed = true;
      forget();
      const { channel, tag } = consumer ?? {};
      if (channel && tag !== undefined) await channel.cancel(tag).catch(() => {});
      closed.resolve();
      ready.reject(new Error('the subscription is closed'));
      await settleAll(underWay, clock);
      // What was delivered and not acknowledged goes back to the queue.
      await channel?.close().catch(() => {});
    },
  };
}
