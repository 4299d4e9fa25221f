import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

afterEach(stopMains);

const main = 'extracted-services/orders/main.ts';

it('says where it listens, and ends with 0 on SIGTERM', async () => {
  await using folder = await openTempFolder();
  const running = runMain(main, {
    ORDERS_LISTEN: '127.0.0.1:0',
    ORDERS_DATABASE: `${folder.path}/orders.db`,
    BUS_DATABASE: `${folder.path}/bus.db`,
  });
  expect((await fetch(`${await running.listening()}/readyz`)).status).toBe(200);
  running.child.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 0, err: '' });
});

it('ends with 3 and one line on a bad setting', async () => {
  expect(await runMain(main, { ORDERS_LISTEN: 'nowhere' }).ended).toEqual({
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
  const env = {
    ORDERS_LISTEN: `127.0.0.1:${port}`,
    ORDERS_DATABASE: `${folder.path}/orders.db`,
    BUS_DATABASE: `${folder.path}/bus.db`,
  };
  expect(await runMain(main, env).ended).toEqual({
    code: 3,
    out: '',
    err: `orders: 127.0.0.1:${port} is in use; ORDERS_LISTEN names another address\n`,
  });
  other.close();
});
