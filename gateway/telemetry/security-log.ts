import type { Clock } from '../core/clock.ts';
import type { EventOf, Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Route } from '../routing/route.ts';
import { isWritten } from './level.ts';
import type { LogConfig } from './schema.ts';

/**
 * Bounds, so that an attack fills neither a disk nor the log of everybody else: lines a minute for one caller, and in
 * all. At some 400 bytes a line that is 350 MB a day at most.
 */
const perCaller = 20;
const perMinute = 600;
const minute = 60_000;

/** Steps whose enforced refusals are told; of the others the access record is enough. */
const told: ReadonlySet<EventOf<'refused'>['guard']> = new Set(['ip', 'cors', 'auth', 'limit']);

export interface SecurityLogDeps {
  readonly events: Events;
  log(): LogConfig;
  readonly clock: Clock;
  /** Writes a line of the log. */
  write(level: 'info' | 'warn', name: string, fields: Readonly<Record<string, unknown>>): void;
}

export interface SecurityLog {
  /** Lines that were over the bounds since the start. */
  readonly dropped: number;
  close(): void;
}

/**
 * A line for each refusal of a guard, `refused`, and for each that an observing one would have made, `would-refuse`: who,
 * what, why, from where; never a credential, a raw path or a query. Lines over the bounds are counted, and the count is
 * told when the minute is over.
 */
export function createSecurityLog({ events, log, clock, write }: SecurityLogDeps): SecurityLog {
  let callers = new Map<string, number>();
  let lines = 0;
  let dropped = 0;
  let droppedInAll = 0;
  let cancel: (() => void) | undefined;

  const endMinute = (): void => {
    cancel = undefined;
    if (dropped > 0) write('warn', 'refusals-dropped', { lines: dropped, told: lines });
    callers = new Map();
    lines = 0;
    dropped = 0;
  };

  const hasRoom = (caller: string): boolean => {
    cancel ??= clock.after(minute, endMinute);
    const before = callers.get(caller) ?? 0;
    if (lines >= perMinute || before >= perCaller) return false;
    lines++;
    callers.set(caller, before + 1);
    return true;
  };

  const stop = events.on('refused', event => {
    const { mode, guard, exchange } = event;
    if (!isWritten('info', log().level) || (mode === 'enforce' && !told.has(guard))) return;
    if (hasRoom(exchange === undefined ? '' : callerOf(exchange)))
      write('info', mode === 'enforce' ? 'refused' : 'would-refuse', toFields(event));
    else {
      dropped++;
      droppedInAll++;
    }
  });

  return {
    get dropped() {
      return droppedInAll;
    },
    close() {
      stop();
      cancel?.();
      endMinute();
    },
  };
}

const callerOf = ({ client, identity: { user, key } }: Exchange): string =>
  `${user ?? ''}\0${key ?? ''}\0${client.address}`;

function toFields({ route, guard, code, exchange }: EventOf<'refused'>): Record<string, unknown> {
  const step = { route: route.name, guard, code };
  if (exchange === undefined) return step;
  const { identity, client, method, id, entry } = exchange;
  const { entries }: Partial<Route> = exchange.route;
  return {
    ...step,
    user: identity.user ?? null,
    key: identity.key ?? null,
    address: client.address,
    peer: client.peer,
    method,
    path_template: entries?.[entry]?.pattern ?? null,
    request_id: id,
  };
}
