import { readFile } from 'node:fs/promises';
import { type Call, type ExitCode, Stop } from './command.ts';
import { configFile } from './load.ts';

/** The admin port of a running gateway. */
export interface AdminClient {
  readonly url: string;
  /** Both reject with a Stop that names what went wrong. */
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
  /**
   * An answer that comes bit by bit, once its head is there. The iteration ends with the answer, and rejects where that
   * breaks off, or `signal` aborts it.
   */
  stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

const patienceMs = 10_000;
const defaultListen = '127.0.0.1:8081';

/** The admin port has said no, and why. */
export class AdminRefused extends Stop {
  readonly problem: Problem;

  constructor(exitCode: ExitCode, message: string, problem: Problem) {
    super(exitCode, message);
    this.problem = problem;
  }
}

/** Nothing is there, or something that is no admin port. */
export class NoAdmin extends Stop {}

/** `--admin`, else FIGWAY_ADMIN_URL, else `admin.listen` of the routes file. Does not connect yet. */
export async function openAdmin(call: Call): Promise<AdminClient> {
  const url =
    call.options.text('admin') ??
    (call.env.FIGWAY_ADMIN_URL || toUrl(await readListen(configFile(call), call.env)));
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Stop(
      3,
      `--admin: expected an address such as http://127.0.0.1:8081, got ${JSON.stringify(url)}`,
    );
  const { origin } = new URL(url);
  const token = call.options.text('token') ?? call.env.FIGWAY_ADMIN_TOKEN;
  const send = (method: string, path: string, signal: AbortSignal, body?: unknown): Promise<Response> =>
    fetch(origin + path, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        accept: 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new NoAdmin(3, `admin port ${origin} cannot be reached: ${whyOf(error)}`);
    });
  const read = async (response: Response): Promise<unknown> => {
    const answer = parseJson(
      await response.text().catch((error: unknown) => {
        throw new Stop(3, `admin port ${origin} broke off its answer: ${whyOf(error)}`);
      }),
    );
    const isOurs = answer !== undefined && (response.ok || 'code' in Object(answer));
    if (!isOurs) throw new NoAdmin(3, `${origin} does not answer like an admin port of figway`);
    if (!response.ok) throw toStop(origin, answer as Problem);
    return answer;
  };
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> =>
    read(await send(method, path, AbortSignal.timeout(patienceMs), body));
  const wait = (answer: Promise<unknown>) => call.print.during(`asking ${origin}`, answer);
  return {
    url: origin,
    get: path => wait(ask('GET', path)),
    post: (path, body) => wait(ask('POST', path, body)),
    async stream(path, signal) {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), patienceMs);
      const response = await send('GET', path, AbortSignal.any([signal, patience.signal]));
      clearTimeout(timer);
      if (!response.ok) await read(response);
      const isOurs = response.headers.get('content-type')?.startsWith('application/x-ndjson') === true;
      if (!isOurs || response.body === null)
        throw new NoAdmin(3, `${origin} does not answer like an admin port of figway`);
      return response.body;
    },
  };
}

/** A hold must work whatever the state of the file, so this looks at `admin.listen` alone. */
async function readListen(file: string, env: Call['env']): Promise<string> {
  const [{ parseTree }, { substitute }] = await Promise.all([
    import('../config/tree.ts'),
    import('../config/environment.ts'),
  ]);
  const text = await readFile(file, 'utf8').catch(() => '');
  const admin = parseTree(text).root?.entries.get('admin')?.value;
  const listen = admin?.kind === 'mapping' ? admin.entries.get('listen')?.value : undefined;
  return listen?.kind === 'scalar' ? substitute(listen.text, env).text : defaultListen;
}

/** Where all addresses are listened to, the loopback one answers. */
const toUrl = (listen: string): string =>
  `http://${listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')}`;

/** What problem+json says; some have further members. */
export interface Problem {
  readonly [member: string]: unknown;
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
}

/** A refusal of the admin port in one line, with the exit code that it means. */
function toStop(origin: string, problem: Problem): Stop {
  const { code, status, title, detail } = problem;
  const said = detail || title;
  const hint = status === 401 ? '; --token or FIGWAY_ADMIN_TOKEN gives one' : '';
  const exitCode = code === 'gate-closed' ? 2 : (exitCodes[status] ?? 3);
  const message = exitCode === 3 ? `admin port ${origin}: ${said}${hint}` : said;
  return new AdminRefused(exitCode, message, problem);
}

const exitCodes: Partial<Record<number, ExitCode>> = { 404: 2, 409: 1 };

function whyOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError') return `no answer within ${patienceMs / 1000} s`;
  const why = cause?.code === undefined ? (cause?.message ?? message) : (reasons[cause.code] ?? cause.code);
  return cause?.code === 'ECONNREFUSED' ? `${why}; is the gateway running?` : why;
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  ETIMEDOUT: 'connection timed out',
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
