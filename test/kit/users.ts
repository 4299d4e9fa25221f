import type { Service } from '../../extracted-services/chassis/service.ts';
import { startUsers, type UsersOptions } from '../../extracted-services/users/service.ts';

/** Fast, where a test is not about how slow it is. */
export const cheapCost = { N: 1024, r: 8, p: 1 };

/** A users service on a free port, and a client for it. */
export interface UsersRig extends AsyncDisposable {
  readonly service: Service;
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** JSON in, JSON out; `from` is the address that the gateway says the client has. */
  ask(method: string, path: string, more?: { json?: unknown; token?: string; from?: string }): Promise<Asked>;
  /** To `/oauth/token`. */
  grant(form: Readonly<Record<string, string>> | string, basic?: string): Promise<Asked>;
  /** A new user, logged in. */
  newUser(email: string, password?: string): Promise<{ id: number; token: string; refresh: string }>;
}

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  /** Of an answer that has a body. */
  readonly body: Readonly<Record<string, unknown>>;
}

export const alicePassword = 'correct horse battery';

export async function openUsersRig(options: UsersOptions = {}): Promise<UsersRig> {
  const log: Record<string, unknown>[] = [];
  const service = await startUsers({
    port: 0,
    log: line => log.push(JSON.parse(line)),
    ...options,
    guard: { passwordCost: cheapCost, ...options.guard },
  });
  const send = async (path: string, init: RequestInit): Promise<Asked> => {
    const answer = await fetch(service.url + path, init);
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
  };
  const rig: UsersRig = {
    service,
    log,
    ask: (method, path, { json, token, from } = {}) =>
      send(path, {
        method,
        headers: {
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(from !== undefined && { 'x-forwarded-for': from }),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      }),
    grant: (form, basic) =>
      send('/oauth/token', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...(basic !== undefined && {
            authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
          }),
        },
        body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      }),
    async newUser(email, password = alicePassword) {
      const made = await rig.ask('POST', '/v1/users', { json: { email, password, full_name: 'Some One' } });
      const { body } = await rig.ask('POST', '/v1/login', { json: { email, password } });
      return {
        id: Number(made.body.user_id),
        token: String(body.access_token),
        refresh: String(body.refresh_token),
      };
    },
    [Symbol.asyncDispose]: () => service.close(),
  };
  return rig;
}

/** What a token says, unverified. */
export const claimsOf = (token: unknown): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString());

export const kidOf = (token: unknown): string =>
  JSON.parse(Buffer.from(String(token).split('.')[0] ?? '', 'base64url').toString()).kid;
