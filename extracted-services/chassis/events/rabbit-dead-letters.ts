import { createHash } from 'node:crypto';
import type { DeadLetter, DeadLetters } from './bus.ts';
import { maxListed } from './delivery.ts';
import type { RabbitNames } from './rabbit-bus.ts';
import type { Channel, Message, RabbitLink } from './rabbit-link.ts';

/** Dead letters that one call looks through. */
const maxSeen = 10_000;

/** Dead letters at the broker: one queue for all groups, read by taking messages and giving back those that stay. */
export function createRabbitDeadLetters(link: RabbitLink, names: RabbitNames): DeadLetters {
  /** Runs over the queue once. What `isDone` resolves with true for is gone; the rest goes back to its place. */
  async function sweep(isDone: (letter: DeadLetter, message: Message) => Promise<boolean>): Promise<number> {
    const channel = await link.channel();
    let done = 0;
    try {
      const { messageCount } = await channel.checkQueue(names.deadLetters);
      for (let left = Math.min(messageCount, maxSeen); left > 0; left -= 1) {
        const message = await channel.get(names.deadLetters);
        if (message === false) break;
        if (!(await isDone(toDeadLetter(message), message))) continue;
        channel.ack(message);
        done += 1;
      }
    } finally {
      await channel.close();
    }
    return done;
  }

  const isMeant = (letter: DeadLetter, group: string, id: string): boolean =>
    letter.group === group && (id === 'all' || letter.id === id);

  return {
    async list(group) {
      const letters: DeadLetter[] = [];
      await sweep(async letter => {
        if ((group === undefined || letter.group === group) && letters.length < maxListed)
          letters.push(letter);
        return false;
      });
      return letters;
    },
    async replay(group, id) {
      const queue = names.queueOf(group);
      return sweep(async (letter, message) => {
        if (!isMeant(letter, group, id)) return false;
        await checkQueue(link, queue);
        const { messageId, contentType } = message.properties;
        await link.send('', queue, message.content, { messageId, contentType });
        return true;
      });
    },
    drop: (group, id) => sweep(async letter => isMeant(letter, group, id)),
  };
}

/** What is sent to a queue that is not there is lost; asking for it on a channel of its own says so instead. */
async function checkQueue(link: RabbitLink, queue: string): Promise<void> {
  const channel: Channel = await link.channel();
  await channel.checkQueue(queue);
  await channel.close();
}

/** A dead letter of ours, or one that the broker made after too many deliveries. */
function toDeadLetter({ fields, properties, content }: Message): DeadLetter {
  const { reason, attempts, at, 'x-first-death-reason': death, 'x-death': deaths } = properties.headers ?? {};
  const time = Number(deaths?.[0]?.time?.value ?? 0) * 1000;
  return {
    group: fields.routingKey,
    id: properties.messageId ?? createHash('sha256').update(content).digest('hex').slice(0, 32),
    reason: reason ?? `the broker gave it up: ${death}`,
    attempts: attempts ?? Number(deaths?.[0]?.count ?? 0),
    at: at ?? new Date(time).toISOString(),
    body: content.toString('utf8'),
  };
}
