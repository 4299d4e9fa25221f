import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import { readData } from './event-data.ts';
import { isAboutPerson, messageOf } from './messages.ts';
import type { Repository } from './repository.ts';

/** Takes one event: remembers the person, and tells them what is news. Resolves with whether it was new. */
export function consume(repository: Repository, event: CloudEvent, now: string): Promise<boolean> {
  const data = readData(event);
  const userId = data.text('userId');
  const message = messageOf(event.type)?.(data);
  const email = isAboutPerson(event.type) ? data.text('email') : undefined;
  return repository.once(event, async changes => {
    if (email !== undefined) {
      await changes.savePerson({ userId, email, asOf: new Date(event.time).toISOString() }, now);
    }
    if (message) {
      const { id: eventId, type: eventType } = event;
      await changes.notify({ eventId, eventType, userId, ...message, createdAt: now });
    }
  });
}
