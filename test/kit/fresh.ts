import { get, type IncomingHttpHeaders } from 'node:http';

export interface FreshAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** GETs on a connection of its own, so that each of several workers has its turn. */
export const getFresh = (url: string, headers: Record<string, string> = {}): Promise<FreshAnswer> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { connection: 'close', ...headers } }, async res => {
      const body = (await Array.fromAsync(res.setEncoding('utf8') as AsyncIterable<string>)).join('');
      resolve({ status: res.statusCode ?? 0, headers: res.headers, body });
    }).on('error', reject);
  });

/** The same so many times, one after the other. */
export async function getFreshly(url: string, times: number): Promise<readonly FreshAnswer[]> {
  const answers: FreshAnswer[] = [];
  for (let at = 0; at < times; at++) answers.push(await getFresh(url));
  return answers;
}
