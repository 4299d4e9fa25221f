import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import { type AccessToken, parseAccessToken } from './access-token.ts';
import { askOver } from './ask.ts';
import type { UpstreamFailure } from './failure.ts';
import type { CredentialsConfig } from './schema.ts';
import type { OpenTransport } from './upstream.ts';

/** What an upstream knows the gateway by: an access token of its own, by OAuth 2 client credentials (RFC 6749 §4.4). */
export interface Credentials {
  /** `Bearer …` for one attempt: at once while a token lives. A failure means that nothing was sent to the upstream. */
  authorization(): string | UpstreamFailure | Promise<string | UpstreamFailure>;
  /** The upstream answered 401 to an attempt that carried this. */
  refused(authorization: string): void;
  close(): Promise<void>;
}

export interface CredentialsDeps {
  readonly events: Events;
  readonly clock: Clock;
  readonly openTransport: OpenTransport;
}

/** Milliseconds for a whole answer of the token endpoint. */
const deadline = 5000;
/** A token is fetched anew after this share of its life, in the background. */
const freshShare = 0.75;
/** Milliseconds before its end from which on a token is not sent any more, and the share of its life that this may be. */
const margin = { most: 5000, share: 0.1 };
/** Milliseconds to the next try after a failure, doubled for each in a row. */
const pause = { first: 1000, most: 30_000 };
/** Milliseconds between two tokens that are doubted for a 401: it may be about the user's token instead. */
const doubtEvery = 30_000;

interface Held {
  readonly authorization: string;
  /** The upstream said 401 to it: it is sent only where no other is to be had. */
  isDoubted: boolean;
  /** Monotonic, milliseconds. */
  readonly freshUntil: number;
  readonly usableUntil: number;
}

/**
 * Fetches a token when one is first needed, and keeps it until shortly before its end. While it lives, the next one is
 * fetched in the background; requests that find none share one fetch; after a failure there is a pause that grows, in
 * which requests fail at once. Nothing is fetched for an upstream that nobody asks.
 *
 * Retries: each attempt takes the token of its moment. That there is none is no attempt: nothing was sent, no retry is
 * taken from the budget and no breaker hears of it, since the upstream is not to blame; a fallback counts it as never
 * reached. A 401 is an answer like others and goes to the client: it is not asked again here, since it may be about the
 * user and not about the gateway. But the token is doubted, at most once in 30 s, so that the next request gets a new one.
 */
export function createCredentials(
  upstream: string,
  config: CredentialsConfig,
  deps: CredentialsDeps,
): Credentials {
  const { events, clock } = deps;
  const url = new URL(config.tokenUrl);
  const transport = deps.openTransport(url.origin, { timeout: deadline, idle: deadline, tls: config.tls });
  const request = toTokenRequest(url, config);
  let held: Held | undefined;
  let fetching: Promise<string | UpstreamFailure> | undefined;
  let failures = 0;
  let resting: { readonly until: number; readonly failure: UpstreamFailure } | undefined;
  let doubtedAt = Number.NEGATIVE_INFINITY;

  const hold = ({ token, lifetime }: AccessToken, askedAt: number): string => {
    if (failures > 0) events.emit({ type: 'token-restored', upstream });
    failures = 0;
    resting = undefined;
    held = {
      authorization: `Bearer ${token}`,
      isDoubted: false,
      freshUntil: askedAt + lifetime * freshShare,
      usableUntil: askedAt + lifetime - Math.min(margin.most, lifetime * margin.share),
    };
    return held.authorization;
  };

  const fail = (reason: string): string | UpstreamFailure => {
    const ms = Math.min(pause.most, pause.first * 2 ** failures) * (0.75 + Math.random() * 0.25);
    failures++;
    events.emit({ type: 'token-failed', upstream, reason });
    const failure: UpstreamFailure = {
      code: 'issuer-unreachable',
      reached: 'no',
      detail: `no token for upstream ${upstream}: ${reason}`,
      retryAfter: Math.ceil(ms / 1000),
    };
    resting = { until: clock.now() + ms, failure };
    return usable() ?? failure;
  };

  const usable = (): string | undefined =>
    held !== undefined && clock.now() < held.usableUntil ? held.authorization : undefined;

  const fetchToken = async (): Promise<string | UpstreamFailure> => {
    const askedAt = clock.now();
    const answer = await askOver(transport, request, clock);
    if ('why' in answer) return fail(answer.why);
    if (answer.status !== 200) return fail(`${url.host} answered ${answer.status}`);
    const token = parseAccessToken(answer.body);
    return typeof token === 'string' ? fail(token) : hold(token, askedAt);
  };

  const fetchOnce = (): Promise<string | UpstreamFailure> => {
    fetching ??= fetchToken().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };

  return {
    authorization() {
      const now = clock.now();
      const failure = resting !== undefined && now < resting.until ? resting.failure : undefined;
      if (held !== undefined && now < held.usableUntil && !held.isDoubted) {
        if (now >= held.freshUntil && failure === undefined) void fetchOnce();
        return held.authorization;
      }
      return failure === undefined ? fetchOnce() : (usable() ?? failure);
    },
    refused(authorization) {
      const now = clock.now();
      if (held?.authorization !== authorization || now - doubtedAt < doubtEvery) return;
      doubtedAt = now;
      held.isDoubted = true;
    },
    close: () => transport.close(),
  };
}

/** `client_secret_basic` (RFC 6749 §2.3.1): both are form-encoded before they are put together. */
function toTokenRequest(url: URL, { clientId, clientSecret, scope }: CredentialsConfig) {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
  });
  const basic = Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64');
  const body = form.toString();
  return {
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    fields: [
      ...['host', url.host, 'authorization', `Basic ${basic}`, 'accept', 'application/json'],
      ...['content-type', 'application/x-www-form-urlencoded', 'content-length', String(body.length)],
    ],
    body,
    timeout: deadline,
  } as const;
}

const formEncode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
