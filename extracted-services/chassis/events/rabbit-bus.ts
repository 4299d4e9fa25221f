import type { Bus, BusSettings, Subscription } from './bus.ts';
import { toEventText } from './cloud-event.ts';
import { createRabbitDeadLetters } from './rabbit-dead-letters.ts';
import { type Channel, openRabbitLink } from './rabbit-link.ts';
import { subscribeRabbit } from './rabbit-subscription.ts';

/** Everything at the broker that carries the prefix. */
export interface RabbitNames {
  /** Topic exchange; the routing key is the type of the event. */
  readonly events: string;
  /** Fanout exchange and its queue; the routing key is the group. */
  readonly deadLetters: string;
  queueOf(group: string): string;
}

export const toNames = (prefix: string): RabbitNames => ({
  events: `${prefix}.events`,
  deadLetters: `${prefix}.dead-letters`,
  queueOf: group => `${prefix}.group.${group}`,
});

/** A bus on RabbitMQ: a durable topic exchange, a quorum queue for each group, one queue of dead letters. */
export async function openRabbitBus(url: string, prefix: string, settings: BusSettings): Promise<Bus> {
  const names = toNames(prefix);
  const link = await openRabbitLink(url, settings, channel => declare(channel, names));
  const subscriptions = new Set<Subscription>();
  return {
    publish: event =>
      link.send(names.events, event.type, Buffer.from(toEventText(event)), {
        messageId: event.id,
        contentType: 'application/cloudevents+json',
      }),
    subscribe(options) {
      const subscription = subscribeRabbit(link, names, options, settings);
      subscriptions.add(subscription);
      return {
        ready: subscription.ready,
        async close() {
          await subscription.close();
          subscriptions.delete(subscription);
        },
      };
    },
    deadLetters: createRabbitDeadLetters(link, names),
    async close() {
      await Promise.all([...subscriptions].map(subscription => subscription.close()));
      await link.close();
    },
  };
}

/** A classic queue holds the dead letters: to look at one puts it back, and a quorum queue counts that as a failure. */
async function declare(channel: Channel, { events, deadLetters }: RabbitNames): Promise<void> {
  await channel.assertExchange(events, 'topic', { durable: true });
  await channel.assertExchange(deadLetters, 'fanout', { durable: true });
  await channel.assertQueue(deadLetters, { durable: true });
  await channel.bindQueue(deadLetters, deadLetters, '');
}
