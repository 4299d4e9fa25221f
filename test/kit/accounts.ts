/** People at either side of the migration: what they ask for, in the form that the side has for it. */

export interface Profile {
  readonly full_name: string;
  readonly city: string;
}

export interface Account extends Profile {
  readonly email: string;
  readonly password: string;
}

/** How a request of somebody's ended: what they got, or why not in words. */
export type Ended =
  | { readonly kind: 'done'; readonly user: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly why: string }
  /** 401, or a login that failed. */
  | { readonly kind: 'unknown' }
  /** 403. */
  | { readonly kind: 'forbidden' };

/** Fields that say who asks: a cookie, or a token. */
export type Identity = Readonly<Record<string, string>>;

export interface People {
  register(account: Account): Promise<Ended>;
  /** Undefined for who is not let in. */
  logIn(email: string, password: string): Promise<Identity | undefined>;
  /** Of whoever asks. */
  profile(identity: Identity, id: number): Promise<Ended>;
  change(identity: Identity, id: number, profile: Profile & { readonly email?: string }): Promise<Ended>;
  /** Somebody by number, for staff. */
  user(identity: Identity, id: number): Promise<Ended>;
}

const send = (url: string, method: string, identity: Identity, json?: unknown): Promise<Response> =>
  fetch(url, {
    method,
    headers: { ...identity, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });

async function endedOf(answer: Response): Promise<Ended> {
  if (answer.status === 401) return { kind: 'unknown' };
  if (answer.status === 403) return { kind: 'forbidden' };
  const body = (await answer.json()) as Readonly<Record<string, unknown>>;
  // The one says it in 200 with an error inside, the other in a problem.
  const why = answer.status < 400 ? body.error : body.detail;
  return typeof why === 'string' ? { kind: 'refused', why } : { kind: 'done', user: body };
}

/** The JSON API of the monolith: the cookie of a session says who asks. */
export function peopleOfMonolith(url: string): People {
  const call = async (method: string, path: string, identity: Identity, json?: unknown): Promise<Ended> =>
    endedOf(await send(url + path, method, identity, json));
  return {
    register: account => call('POST', '/users', {}, account),
    async logIn(email, password) {
      const answer = await send(`${url}/session/login`, 'POST', {}, { email, password });
      const cookie = /shop_sid=[^;]*/.exec(answer.headers.get('set-cookie') ?? '')?.[0];
      return (await endedOf(answer)).kind === 'done' && cookie !== undefined ? { cookie } : undefined;
    },
    profile: (identity, id) => call('GET', `/users/${id}`, identity),
    async change(identity, id, profile) {
      // It takes the whole profile, so whoever keeps their email says it again.
      const before = await call('GET', `/users/${id}`, identity);
      const email = before.kind === 'done' ? before.user.email : '';
      return call('PUT', `/users/${id}`, identity, { email, ...profile });
    },
    user: (identity, id) => call('GET', `/users/${id}`, identity),
  };
}

/** The users service: a token says who asks. */
export function peopleOfService(url: string): People {
  const call = async (method: string, path: string, identity: Identity, json?: unknown): Promise<Ended> =>
    endedOf(await send(url + path, method, identity, json));
  return {
    register: account => call('POST', '/v1/users', {}, account),
    async logIn(email, password) {
      const ended = await call('POST', '/v1/login', {}, { email, password });
      return ended.kind === 'done' ? { authorization: `Bearer ${ended.user.access_token}` } : undefined;
    },
    profile: identity => call('GET', '/v1/users/me', identity),
    change: (identity, _id, profile) => call('PUT', '/v1/users/me', identity, profile),
    user: (identity, id) => call('GET', `/v1/users/${id}`, identity),
  };
}
