/** A person or a program at the monolith: requests without redirects, one cookie at a time. */
export interface ShopClient {
  get(path: string, cookie?: string): Promise<Response>;
  form(path: string, fields: Record<string, string>, cookie?: string): Promise<Response>;
  json(method: string, path: string, body: unknown, cookie?: string): Promise<Response>;
  /** The session cookie of a login by form. */
  logIn(email: string, password?: string): Promise<string>;
}

export const sidOf = (answer: Response): string =>
  /shop_sid=[^;]*/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';

export function createShopClient(url: () => string): ShopClient {
  const client: ShopClient = {
    get: (path, cookie = '') => fetch(url() + path, { headers: { cookie }, redirect: 'manual' }),
    form: (path, fields, cookie = '') =>
      fetch(url() + path, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { cookie },
        redirect: 'manual',
      }),
    json: (method, path, body, cookie = '') =>
      fetch(url() + path, {
        method,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', cookie },
        redirect: 'manual',
      }),
    logIn: async (email, password = 'wonderland') => sidOf(await client.form('/login', { email, password })),
  };
  return client;
}
