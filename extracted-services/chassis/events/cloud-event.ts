import { randomUUID } from 'node:crypto';

/** Every type of event of the shop. What changes its shape gets a new version next to the old one. */
export const eventTypes = [
  'order.placed.v1',
  'order.confirmed.v1',
  'order.rejected.v1',
  'order.cancelled.v1',
  'stock.changed.v1',
  'product.changed.v1',
  'payment.authorised.v1',
  'payment.captured.v1',
  'payment.declined.v1',
  'payment.refunded.v1',
  'user.registered.v1',
  'user.changed.v1',
  'legacy.order.changed.v1',
  'legacy.product.changed.v1',
  'legacy.user.changed.v1',
] as const;
export type EventType = (typeof eventTypes)[number];

/** Something that has happened, in the JSON format of CloudEvents 1.0. */
export interface CloudEvent<Data = unknown> {
  readonly specversion: '1.0';
  /** One for each event, however often it is delivered: what an inbox tells repetitions by. */
  readonly id: string;
  /** Who tells it, such as `/services/orders`. */
  readonly source: string;
  readonly type: string;
  /** What it happened to, such as `order/1000042`. Events of one subject are delivered in order where possible. */
  readonly subject: string;
  /** When it happened: ISO 8601 in UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Data;
  /** The trace that it happened in (W3C Trace Context, CloudEvents' extension for distributed tracing). */
  readonly traceparent?: string;
}

/** Bytes that an event may have, written as JSON. */
export const maxEventBytes = 256 * 1024;

export interface NewEvent<Data> {
  readonly source: string;
  readonly type: EventType;
  readonly subject: string;
  readonly data: Data;
  readonly traceparent?: string | undefined;
  /** Default: now. */
  readonly time?: string;
}

/** An event with an id of its own. */
export function newEvent<Data>({ traceparent, ...given }: NewEvent<Data>): CloudEvent<Data> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    ...given,
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** Why a text is not an event. */
export interface Malformed {
  readonly malformed: string;
}

/** What each attribute must look like; all are text. */
const attributes: Readonly<Record<string, RegExp>> = {
  id: /^[\x21-\x7e]{1,128}$/,
  source: /^[\x21-\x7e]{1,256}$/,
  type: /^[a-z]+(?:[.-][a-z]+)*\.v\d{1,4}$/,
  subject: /^[\x21-\x7e]{1,256}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/,
};

/** Reads an event as it came over a bus. Attributes that it does not know are dropped; a type may be unknown. */
export function parseCloudEvent(text: string): CloudEvent | Malformed {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxEventBytes) return { malformed: `expected at most ${maxEventBytes} bytes, got ${bytes}` };
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { malformed: `expected a JSON object, got ${show(text)}` };
  }
  const given = value as Readonly<Record<string, unknown>>;
  if (given.specversion !== '1.0') return wrong('specversion', '"1.0"', given.specversion);
  if (given.datacontenttype !== undefined && given.datacontenttype !== 'application/json') {
    return wrong('datacontenttype', 'application/json', given.datacontenttype);
  }
  for (const [name, pattern] of Object.entries(attributes)) {
    const attribute = given[name];
    if (typeof attribute !== 'string' || !pattern.test(attribute))
      return wrong(name, `${pattern}`, attribute);
  }
  if (Number.isNaN(Date.parse(String(given.time)))) return wrong('time', 'an instant', given.time);
  if (given.data === undefined) return wrong('data', 'a JSON value', given.data);
  const { id, source, type, subject, time, data, traceparent } = given as unknown as CloudEvent;
  const isTrace = typeof traceparent === 'string' && traceparent.length <= 128;
  return {
    ...{ specversion: '1.0', id, source, type, subject, time, datacontenttype: 'application/json', data },
    ...(isTrace && { traceparent }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const wrong = (name: string, expected: string, got: unknown): Malformed => ({
  malformed: `${name}: expected ${expected}, got ${got === undefined ? 'nothing' : show(JSON.stringify(got))}`,
});

const show = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** The text of an event for a bus. Throws a TypeError for one that its own reader would refuse. */
export function toEventText(event: CloudEvent): string {
  const text = JSON.stringify(event);
  const parsed = parseCloudEvent(text);
  if ('malformed' in parsed) throw new TypeError(`the event is malformed: ${parsed.malformed}`);
  return text;
}
