import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { StatusView } from '../../gateway/admin/status.ts';
import { type Folder, openFolder, spawnFigway } from '../kit/command-line.ts';

const file = (legacy: string) => `listen: { gateway: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
monolith: legacy
upstreams:
  legacy: { url: ${legacy} }
  books: { url: ${legacy} }
routes:
  books: { match: [GET /books], service: books, stage: legacy }
`;

/** A gateway as a process, up as soon as it says so. */
async function openGateway(folder: Folder, words: readonly string[] = []) {
  const child = spawnFigway(folder.path, ['start', ...words]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = once(child, 'exit') as Promise<[code: number | null]>;
  let stdout = '';
  const found = new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const line = /^figway listens on (\S+), admin port on (\S+)$/m.exec(stdout);
      if (line !== null) resolve(line);
    });
    child.on('exit', () => reject(new Error(`exited before it listened: ${stdout}${stderr}`)));
  });
  const [, url = '', adminUrl = ''] = await found;
  return {
    child,
    url,
    adminUrl,
    stdout: () => stdout,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
    exited,
  };
}

async function openLegacy() {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = createServer((req, res) => {
    if (req.url === '/never') resolve();
    else res.end('from legacy');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Somebody waits for `/never`. */
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

describe('figway start', () => {
  it('says where it listens, serves, and drains on SIGTERM with exit 0', async () => {
    await using legacy = await openLegacy();
    await using folder = await openFolder({ 'routes.yaml': file(legacy.url) });
    await using gateway = await openGateway(folder);
    expect(await (await fetch(`${gateway.url}/any`)).text()).toBe('from legacy');
    expect((await fetch(`${gateway.adminUrl}/livez`)).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect((await gateway.exited)[0]).toBe(0);
  });

  it('exits at once on a second signal, whatever is in flight', async () => {
    await using legacy = await openLegacy();
    await using folder = await openFolder({ 'routes.yaml': file(legacy.url) });
    await using gateway = await openGateway(folder);
    const inFlight = fetch(`${gateway.url}/never`).catch(() => 'cut off');
    await legacy.asked;
    gateway.child.kill('SIGTERM');
    await expect.poll(gateway.stdout, { timeout: 5000 }).toContain('drain-began');
    gateway.child.kill('SIGTERM');
    expect((await gateway.exited)[0]).toBe(1);
    expect(await inFlight).toBe('cut off');
  });

  it('is moved by promote, which records who and why', async () => {
    await using legacy = await openLegacy();
    await using folder = await openFolder({ 'routes.yaml': file(legacy.url) });
    await using gateway = await openGateway(folder);
    const env = { FIGWAY_ADMIN_URL: gateway.adminUrl };
    const { code, stdout } = await folder.figway(['promote', 'books', '--reason', 'up and running'], env);
    expect(stdout).toContain('the gateway has made the move');
    expect(code).toBe(0);
    expect(await folder.read('routes.yaml')).toContain('stage: shadow');
    const { moves } = (await (await fetch(`${gateway.adminUrl}/api/moves`)).json()) as { moves: object[] };
    expect(moves[0]).toMatchObject({ route: 'books', reason: 'up and running', ungated: false });
    const status = await folder.figway(['status', 'books', '--json'], env);
    expect(JSON.parse(status.stdout)).toMatchObject({ route: 'books', stage: 'shadow' });
    const held = await folder.figway(['hold', 'books', '--reason', 'careful'], env);
    expect(held.code).toBe(0);
    const explained = await folder.figway(['explain', '/books', '--live'], env);
    expect(explained.stdout).toMatch(/held +careful/);
    const released = await folder.figway(['release', '--all', '--reason', 'fine'], env);
    expect(released.code).toBe(0);
  });

  it('reads the routes file again on SIGHUP', async () => {
    await using legacy = await openLegacy();
    await using folder = await openFolder({ 'routes.yaml': file(legacy.url) });
    await using gateway = await openGateway(folder);
    const readAt = async () => {
      const view = (await (await fetch(`${gateway.adminUrl}/api/status`)).json()) as StatusView;
      return view.config.lastReload.at;
    };
    const before = await readAt();
    gateway.child.kill('SIGHUP');
    await expect.poll(readAt, { timeout: 5000 }).not.toBe(before);
  });

  it('exits with 1 and all problems where the file is refused', async () => {
    await using folder = await openFolder({
      'routes.yaml': `${file('http://127.0.0.1:4000').replace('stage: legacy', 'stage: legcy')}nonsense: 1\n`,
    });
    const { code, stderr } = await folder.figway(['start']);
    expect(code).toBe(1);
    expect(stderr).toContain('routes.yaml:8:');
    expect(stderr).toContain('nonsense');
    expect(stderr).toContain('figway: routes.yaml is refused; --last-good');
  });

  it('runs what ran last with --last-good, though the file is broken', async () => {
    await using legacy = await openLegacy();
    await using folder = await openFolder({ 'routes.yaml': file(legacy.url) });
    const first = await openGateway(folder);
    first.child.kill('SIGTERM');
    await first.exited;
    await folder.write('routes.yaml', 'nonsense: [');
    expect((await folder.figway(['start'])).code).toBe(1);
    await using again = await openGateway(folder, ['--last-good']);
    expect(await (await fetch(`${again.url}/any`)).text()).toBe('from legacy');
    const status = await folder.figway(['status'], { FIGWAY_ADMIN_URL: again.adminUrl });
    expect(status.stdout).toMatch(/^✗ routes\.yaml is refused, the last good one/);
  });

  it('exits with 3 where there is no file', async () => {
    await using folder = await openFolder();
    const { code, stderr } = await folder.figway(['start', '--config', './none.yaml']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^figway: none\.yaml: no such file; `figway init/);
  });

  it('exits with 3 and one line where a port is taken', async () => {
    await using legacy = await openLegacy();
    const taken = legacy.url.slice('http://'.length);
    await using folder = await openFolder({ 'routes.yaml': file(legacy.url) });
    const { code, stderr } = await folder.figway(['start'], { FIGWAY_LISTEN: taken });
    expect(stderr).toBe(`figway: ${taken}: cannot listen, another process does\n`);
    expect(code).toBe(3);
  });
});
