import { hash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import type { Exchange, Identity } from '../../core/exchange.ts';
import type { Ask } from '../ask.ts';
import { credentialsInvalid } from './challenge.ts';
import { createRecent } from './recent.ts';
import type { SessionConfig } from './schema.ts';
import { parseWhoami } from './whoami.ts';

/** Whose session it is: an identity; 401 `token-invalid`; or 503 `session-unreachable` if the monolith cannot say. */
export type Found = Identity | Refusal;

/** By what a question to the monolith is traced. */
export type Trace = Pick<Exchange, 'id' | 'traceparent'>;

/** Old logins reach new services: the monolith's cookie is exchanged for who it belongs to. */
export interface SessionBridge {
  /** Name of the cookie. */
  readonly cookie: string;
  /** At once for a session that is cached. Never rejects. */
  find(value: string, trace: Trace): Found | Promise<Found>;
}

export interface SessionDeps {
  readonly ask: Ask;
  readonly clock: Clock;
}

/** Milliseconds that the monolith has to say whose session it is. */
const deadline = 2000;
/** Milliseconds for which a 401 is believed. */
const refusedFor = 1000;
/** Sessions that are remembered; those that turned out to be none have a cache of their own, and push out no good one. */
const mostKept = 20_000;
const mostRefused = 2000;
/** Questions under way. More would be a flood of made-up cookies, which the monolith is spared. */
const mostAsked = 256;

interface Remembered {
  readonly found: Found;
  /** Monotonic, milliseconds. */
  readonly until: number;
}

/**
 * Asks the monolith once for each session and `cache`: a logout there takes effect within that time. Caches know cookies
 * by their SHA-256 only. An answer other than 200 with an identity, or 401, is 503 and not remembered.
 */
export function createSessionBridge(config: SessionConfig, { ask, clock }: SessionDeps): SessionBridge {
  const { cookie, verify, cache } = config;
  const kept = createRecent<Remembered>(mostKept);
  const refused = createRecent<Remembered>(mostRefused);
  const asked = new Map<string, Promise<Found>>();

  const unreachable = (why: string): Refusal =>
    new Refusal('session-unreachable', `session check at upstream ${verify.upstream}: ${why}`, [
      'retry-after',
      '1',
    ]);

  const look = async (value: string, trace: Trace): Promise<Found> => {
    const answer = await ask(verify.upstream, {
      path: verify.path,
      fields: [
        ...['cookie', `${cookie}=${value}`, 'accept', 'application/json'],
        ...['x-request-id', trace.id, 'traceparent', trace.traceparent],
      ],
      timeout: deadline,
    });
    if ('why' in answer) return unreachable(answer.why);
    if (answer.status === 401) return credentialsInvalid('the session is not valid, or has ended');
    if (answer.status !== 200) return unreachable(`expected 200 or 401, got ${answer.status}`);
    const identity = parseWhoami(answer.body);
    return typeof identity === 'string' ? unreachable(identity) : identity;
  };

  /** An answer counts from when it was asked for: what is remembered is never older than it may be. */
  const remember = (key: string, found: Found, askedAt: number): void => {
    if (!(found instanceof Refusal)) kept.set(key, { found, until: askedAt + cache });
    else if (found.code !== 'session-unreachable') refused.set(key, { found, until: askedAt + refusedFor });
  };

  const recall = (key: string): Found | undefined => {
    const now = clock.now();
    for (const memory of [kept, refused]) {
      const known = memory.get(key);
      if (known !== undefined && known.until > now) return known.found;
    }
    return undefined;
  };

  const lookAndRemember = async (key: string, value: string, trace: Trace): Promise<Found> => {
    const askedAt = clock.now();
    try {
      const found = await look(value, trace);
      remember(key, found, askedAt);
      return found;
    } finally {
      asked.delete(key);
    }
  };

  return {
    cookie,
    find(value, trace) {
      const key = hash('sha256', value, 'base64');
      const known = recall(key) ?? asked.get(key);
      if (known !== undefined) return known;
      if (asked.size >= mostAsked)
        return unreachable(`${mostAsked} checks are under way, which is the bound`);
      const found = lookAndRemember(key, value, trace);
      asked.set(key, found);
      return found;
    },
  };
}
