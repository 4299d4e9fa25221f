import type { TlsTexts } from '../../config/tls.ts';
import type { Clock } from '../../core/clock.ts';
import type { Events } from '../../core/events.ts';
import { fetchJson } from './fetch-json.ts';
import { type Keys, toKeySet } from './jose.ts';

/** Where the keys of an issuer come from. */
export interface KeySource {
  /** Undefined until they were fetched once. Another object as soon as any key is another: then nothing verified before counts. */
  readonly current: Keys | undefined;
  /** The keys, after the first fetch if that is under way. */
  first(): Promise<Keys | undefined>;
  /** The keys after another look at the issuer, since a token names one that is not among them. */
  again(): Promise<Keys | undefined>;
  /** Why the last look at the issuer failed; undefined if it did not. */
  readonly failure: string | undefined;
  close(): void;
}

/** A key from the config: it is there, and stays. */
export const fixedKey = (keys: Keys): KeySource => ({
  current: keys,
  first: async () => keys,
  again: async () => keys,
  failure: undefined,
  close() {},
});

const refreshEvery = 5 * 60_000;
/** Between two looks at the issuer that tokens with an unknown key ask for. */
const againEvery = 30_000;
const retryFirst = 1000;
/** While no key is known every token is 503: then it is tried more often. */
const retryMost = { known: refreshEvery, unknown: 15_000 };
const bounds = { timeout: 5000, size: 512 * 1024 };

export interface KeySourceDeps {
  readonly events: Events;
  readonly clock: Clock;
}

/**
 * The key set at `url`: fetched at once, then every 5 minutes, sooner and with growing pauses after a failure. Keys live
 * on while the issuer is away, however long.
 */
export function openKeySource(url: string, { events, clock }: KeySourceDeps, tls?: TlsTexts): KeySource {
  const closing = new AbortController();
  let current: Keys | undefined;
  let text = '';
  let failures = 0;
  let failure: string | undefined;
  let askedAgainAt = Number.NEGATIVE_INFINITY;
  let cancel = (): void => {};
  let running: Promise<void> | undefined;

  const fetchKeys = async (): Promise<void> => {
    try {
      const fetched = await fetchJson(url, { ...bounds, tls, signal: closing.signal });
      const keys = toKeySet(fetched);
      const fetchedText = JSON.stringify(fetched);
      if (fetchedText !== text) current = keys;
      text = fetchedText;
      if (failures > 0) events.emit({ type: 'keys-restored', url });
      failures = 0;
      failure = undefined;
    } catch (error) {
      failures++;
      failure = messageOf(error);
      if (failures === 1 && !closing.signal.aborted)
        events.emit({ type: 'keys-failed', url, reason: failure });
    }
    if (!closing.signal.aborted) cancel = clock.after(pause(failures, current !== undefined), look);
  };

  /** One fetch at a time, shared by all who wait. */
  const look = (): Promise<void> => {
    cancel();
    running ??= fetchKeys().finally(() => {
      running = undefined;
    });
    return running;
  };

  void look();
  return {
    get current() {
      return current;
    },
    get failure() {
      return failure;
    },
    async first() {
      await running;
      return current;
    },
    async again() {
      if (running === undefined && clock.now() - askedAgainAt >= againEvery) {
        askedAgainAt = clock.now();
        void look();
      }
      await running;
      return current;
    },
    close() {
      closing.abort();
      cancel();
    },
  };
}

/** Until the next look: the longer the issuer is away the longer, and never all gateways at once. */
function pause(failures: number, isKnown: boolean): number {
  const most = isKnown ? retryMost.known : retryMost.unknown;
  const whole = failures === 0 ? refreshEvery : Math.min(most, retryFirst * 2 ** (failures - 1));
  return whole * (0.8 + Math.random() * 0.2);
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.message === '' ? String(error.code) : error.message;
};
