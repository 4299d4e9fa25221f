import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import type { ReloadResult } from '../../gateway/live.ts';
import type { ScriptedUpstream as RawUpstream } from './scripted-upstream.ts';
import { openUpstream, type ScriptedUpstream } from './upstream.ts';

/** What answers: a listener gets an HTTP server of its own; an upstream of raw bytes is open already, and closed here. */
export type Upstreams = Readonly<Record<string, RequestListener | RawUpstream>>;

type Opened<One> = One extends RawUpstream ? RawUpstream : ScriptedUpstream;

/**
 * Scripted upstreams and a gateway in front of them, on free ports, in a folder of their own.
 * Disposing of it closes everything, and fails if a socket or a server is left.
 */
export interface World<Given extends Upstreams> extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly url: string;
  readonly adminUrl: string;
  readonly file: string;
  readonly upstreams: Readonly<{ [Name in keyof Given]: Opened<Given[Name]> }>;
  /** The lines that the gateway logged. */
  readonly log: readonly string[];
  /** Writes the file anew (as an editor does: beside it, then renamed) and waits for the reload. */
  edit(yaml: string): Promise<ReloadResult>;
}

/**
 * @param yaml a routes.yaml; `listen`, `admin` and `store` only where it is about them; upstream addresses are `${legacy}`, `${orders}`, …
 * by the names in `given`.
 */
export async function openWorld<Given extends Upstreams>(yaml: string, given: Given): Promise<World<Given>> {
  const before = countOpen();
  const folder = await mkdtemp(join(tmpdir(), 'figway-'));
  const file = join(folder, 'routes.yaml');
  const upstreams: Record<string, ScriptedUpstream | RawUpstream> = {};
  const env: Record<string, string> = {};
  for (const [name, one] of Object.entries(given)) {
    const opened = typeof one === 'function' ? await openUpstream(one) : one;
    upstreams[name] = opened;
    env[name] = 'url' in opened ? opened.url : opened.origin;
  }
  const whole = (text: string): string => `${preamble(folder, text)}${text}`;
  await writeFile(file, whole(yaml));
  const log: string[] = [];
  const closeUpstreams = async (): Promise<void> => {
    for (const upstream of Object.values(upstreams)) await upstream.close();
    await rm(folder, { recursive: true, force: true });
  };
  const gateway = await startGateway({
    file,
    env,
    stdout: line => log.push(line),
    isHuman: false,
  }).catch(async (error: unknown) => {
    await closeUpstreams();
    throw error;
  });

  return {
    gateway,
    url: gateway.url,
    adminUrl: gateway.adminUrl,
    file,
    upstreams: upstreams as World<Given>['upstreams'],
    log,
    async edit(text) {
      await writeFile(`${file}.new`, whole(text));
      await rename(`${file}.new`, file);
      return gateway.reload();
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await closeUpstreams();
      await expectNothingLeft(before);
    },
  };
}

/** What every file says that does not say its own. */
const preamble = (folder: string, text: string): string =>
  [
    'listen: { gateway: "127.0.0.1:0" }',
    'admin: { listen: "127.0.0.1:0" }',
    `store: { path: ${JSON.stringify(join(folder, 'figway.db'))} }`,
  ]
    .filter(line => !new RegExp(`^${line.slice(0, line.indexOf(':') + 1)}`, 'm').test(text))
    .map(line => `${line}\n`)
    .join('');

/** What keeps a process alive and that a forgetful gateway would leave. */
const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'MessagePort', 'FSEventWrap'];

function countOpen(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

async function expectNothingLeft(before: ReadonlyMap<string, number>): Promise<void> {
  const left = (): string[] => {
    const now = countOpen();
    return kinds
      .filter(kind => (now.get(kind) ?? 0) > (before.get(kind) ?? 0))
      .map(kind => `${(now.get(kind) ?? 0) - (before.get(kind) ?? 0)} ${kind}`);
  };
  const deadline = Date.now() + 3000;
  while (left().length > 0 && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 10));
  if (left().length > 0) throw new Error(`left open: ${left().join(', ')}`);
}
