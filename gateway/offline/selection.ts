import { createHash } from 'node:crypto';
import { fieldValue } from '../core/headers.ts';
import type { Read, RecordedRequest } from './recorded.ts';

/** A recorded request that will be asked again. */
export interface Selected {
  readonly request: RecordedRequest;
  /** What the pattern of its path is, for people and for signatures: `/orders/:id`. */
  readonly template: string;
  /** Its match entry and values, where a route was named. */
  readonly entry: number;
  readonly params: readonly string[];
}

/** What became of what a recording holds. */
export interface InputCounts {
  /** Requests that could be read, repeated ones too. */
  readonly requests: number;
  readonly corrupt: number;
  /** Those that are not asked again, by why. */
  readonly passed: Readonly<Record<string, number>>;
  /** The same request once more: it is asked once. */
  readonly repeated: number;
  /** Distinct requests beyond the bound: a sample of all is asked. */
  readonly leftOut: number;
}

/** Says which route takes a request; a text says why it is not asked. */
export type Choose = (request: RecordedRequest) => Omit<Selected, 'request'> | string;

export interface Selection {
  /** Undefined for what was read without fault. */
  add(read: Read): string | undefined;
  /** In an order of chance that the seed settles. */
  selected(): readonly Selected[];
  counts(): InputCounts;
}

export interface SelectionOptions {
  readonly seed: string;
  readonly choose: Choose;
  /** Requests and bytes that are held at once; by default `selectionBounds`. */
  readonly most?: number;
  readonly mostBytes?: number;
}

interface Held extends Selected {
  /** Its place in the order; 20 bytes of a hash of seed and request. */
  readonly lot: string;
  readonly bytes: number;
}

export const selectionBounds = { most: 200_000, mostBytes: 256 * 1024 * 1024 };

/**
 * Holds each distinct request once, bounded. A request's place in the order is drawn from the seed and itself: so order
 * and sample are the same for the same seed, whatever the order of the recording, and a repeated request needs no memory
 * of those that were let go.
 */
export function createSelection({ seed, choose, ...bounds }: SelectionOptions): Selection {
  const { most, mostBytes } = { ...selectionBounds, ...bounds };
  const held = new Map<string, Held>();
  const passed = new Map<string, number>();
  let [requests, corrupt, repeated, leftOut, bytes] = [0, 0, 0, 0, 0];
  /** Lots from here on are left out. */
  let end: string | undefined;

  const pass = (why: string): void => void passed.set(why, (passed.get(why) ?? 0) + 1);

  const shrink = (): void => {
    const sorted = inOrder(held.values());
    while (held.size > most || bytes > mostBytes) {
      const last = sorted.pop();
      if (last === undefined) return;
      held.delete(last.lot);
      bytes -= last.bytes;
      leftOut++;
      end = last.lot;
    }
  };

  const hold = (request: RecordedRequest, chosen: Omit<Selected, 'request'>): void => {
    const lot = toLot(seed, request);
    if (end !== undefined && lot >= end) {
      leftOut++;
      return;
    }
    const before = held.get(lot);
    if (before !== undefined) {
      repeated++;
      if (isDenied(before.request) && !isDenied(request)) held.set(lot, { ...before, request });
      return;
    }
    const size = sizeOf(request);
    held.set(lot, { request, ...chosen, lot, bytes: size });
    bytes += size;
    if (held.size > most * 1.5 || bytes > mostBytes * 1.5) shrink();
  };

  return {
    add(read) {
      if ('fault' in read) {
        corrupt++;
        return `${read.place}: ${read.fault}`;
      }
      if ('passed' in read) {
        pass(read.passed);
        return undefined;
      }
      requests++;
      const chosen = choose(read.request);
      if (typeof chosen === 'string') pass(chosen);
      else hold(read.request, chosen);
      return undefined;
    },
    selected() {
      shrink();
      return inOrder(held.values());
    },
    counts: () => ({ requests, corrupt, passed: Object.fromEntries(passed), repeated, leftOut }),
  };
}

/** Recorded as refused for want of credentials. */
export const isDenied = ({ status }: Pick<RecordedRequest, 'status'>): boolean =>
  status === 401 || status === 403;

const inOrder = (held: Iterable<Held>): Held[] =>
  [...held].sort((a, b) => (a.lot < b.lot ? -1 : a.lot > b.lot ? 1 : 0));

/** Fields by which one request may be answered otherwise than another to the same address. */
const telling = ['authorization', 'cookie', 'accept', 'accept-language', 'content-type', 'range'];

function toLot(seed: string, { method, target, fields, body }: RecordedRequest): string {
  const hash = createHash('sha256').update(`${seed}\0${method}\0${target}\0`);
  for (const name of telling) hash.update(`${fieldValue(fields, name) ?? ''}\0`);
  if (body !== undefined) hash.update(body);
  return hash.digest('base64').slice(0, 27);
}

const sizeOf = ({ target, fields, body }: RecordedRequest): number =>
  300 + target.length + fields.reduce((sum, text) => sum + text.length, 0) + (body?.length ?? 0);
