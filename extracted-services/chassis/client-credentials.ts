import { type Clock, systemClock } from './clock.ts';
import { createHttpClient } from './http-client.ts';
import type { Tls } from './tls.ts';

/** Access tokens by which a service speaks for itself (RFC 6749 §4.4). */
export interface ClientCredentials {
  /** A token that lives at least ten seconds longer. Rejects with a message that names the reason and no secret. */
  token(): Promise<string>;
  close(): void;
}

export interface ClientCredentialsOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Space separated. */
  readonly scope: string;
  readonly tls?: Tls | undefined;
  readonly clock?: Clock;
}

const timeout = 2000;
/** Milliseconds of its life that a token is not used for any more. */
const margin = 10_000;

/** A token is kept until shortly before it ends; whoever asks while one is fetched gets that one. */
export function createClientCredentials(options: ClientCredentialsOptions): ClientCredentials {
  const { clock = systemClock } = options;
  const client = createHttpClient(options.tls);
  let kept: { readonly token: string; readonly until: number } | undefined;
  let running: Promise<string> | undefined;

  const fetchToken = async (): Promise<string> => {
    const asked = clock.now();
    const answer = await client.send({
      url: new URL(options.tokenUrl),
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: basic(options) },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: options.scope }).toString(),
      signal: AbortSignal.timeout(timeout),
    });
    const { token, lifetime } = parseTokenAnswer(answer.status, answer.body.toString('utf8'));
    kept = { token, until: asked + lifetime - margin };
    return token;
  };
  return {
    async token() {
      if (kept !== undefined && clock.now() < kept.until) return kept.token;
      running ??= fetchToken().finally(() => {
        running = undefined;
      });
      return running;
    },
    close: () => client.close(),
  };
}

/** Both parts are form-encoded before (RFC 6749 §2.3.1). */
const basic = ({ clientId, clientSecret }: ClientCredentialsOptions): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`;

/** Lifetime in milliseconds; a minute if the answer does not say. */
function parseTokenAnswer(status: number, text: string): { token: string; lifetime: number } {
  const fields = toFields(text);
  if (status !== 200) {
    const reason = /^[a-z_]{1,40}$/.exec(String(fields.error))?.[0] ?? 'no reason given';
    throw new Error(`the token endpoint answered ${status} (${reason})`);
  }
  const { access_token: token, expires_in: seconds } = fields;
  if (typeof token !== 'string' || token === '') throw new Error('the token endpoint gave no access_token');
  return { token, lifetime: (typeof seconds === 'number' ? seconds : 60) * 1000 };
}

function toFields(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
