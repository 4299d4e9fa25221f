import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { openTempFolder } from '../../kit/temp-folder.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(env: Readonly<Record<string, string>>): {
  child: ChildProcess;
  out(): string;
  ended: Promise<Ended>;
} {
  const child = spawn(process.execPath, ['extracted-services/orders/main.ts'], {
    env: { ...process.env, ...env },
  });
  started.push(child);
  const texts = { out: '', err: '' };
  child.stdout.on('data', chunk => {
    texts.out += chunk;
  });
  child.stderr.on('data', chunk => {
    texts.err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  return { child, out: () => texts.out, ended };
}

it('says where it listens, and ends with 0 on SIGTERM', async () => {
  await using folder = await openTempFolder();
  const { child, out, ended } = run({
    ORDERS_LISTEN: '127.0.0.1:0',
    ORDERS_DATABASE: `${folder.path}/orders.db`,
  });
  await expect.poll(out).toContain('"msg":"listening"');
  const { url } = JSON.parse(out()) as { url: string };
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, err: '' });
});

it('ends with 3 and one line on a bad setting', async () => {
  expect(await run({ ORDERS_LISTEN: 'nowhere' }).ended).toEqual({
    code: 3,
    out: '',
    err: 'orders: ORDERS_LISTEN: expected host:port, got nowhere\n',
  });
});

it('ends with 3 and one line where its port is taken', async () => {
  await using folder = await openTempFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const env = { ORDERS_LISTEN: `127.0.0.1:${port}`, ORDERS_DATABASE: `${folder.path}/orders.db` };
  expect(await run(env).ended).toEqual({
    code: 3,
    out: '',
    err: `orders: 127.0.0.1:${port} is in use; ORDERS_LISTEN names another address\n`,
  });
  other.close();
});
