import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openLoad } from '../kit/load.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { echo, openUpstream } from '../kit/upstream.ts';

describe('SIGTERM', () => {
  it('lets what is in flight end, takes nothing new, and exits with 0', async () => {
    const upstream = await openUpstream(echo('legacy'));
    await using gateway = await startGatewayProcess(
      `monolith: legacy\nupstreams: { legacy: { url: "${upstream.url}" } }\n`,
    );
    let finish = (): void => {};
    upstream.answer((_req, res) => {
      res.write('begun ');
      finish = () => res.end('and ended');
    });
    const [slow] = (await once(get(`${gateway.url}/slow`), 'response')) as [AsyncIterable<Buffer>];
    gateway.child.kill('SIGTERM');
    await expect
      .poll(() =>
        fetch(gateway.url).then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('refused');
    finish();
    let body = '';
    for await (const chunk of slow) body += chunk;
    expect(body).toBe('begun and ended');
    expect(await gateway.exited).toBe(0);
    await upstream.close();
  });

  it('under load fails no request, if a balancer in front stops sending when it is not ready', async () => {
    const upstream = await openUpstream(echo('legacy'));
    await using gateway = await startGatewayProcess(
      `monolith: legacy\ndrain: { delay: 1s }\nupstreams: { legacy: { url: "${upstream.url}" } }\n`,
    );
    const load = openLoad(gateway.url, 8);
    await expect.poll(() => upstream.seen.length).toBeGreaterThan(100);
    gateway.child.kill('SIGTERM');
    const isReady = (): Promise<boolean> => fetch(`${gateway.adminUrl}/readyz`).then(answer => answer.ok);
    await expect.poll(isReady, { interval: 10 }).toBe(false);
    const { answered, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(await gateway.exited).toBe(0);
    await upstream.close();
  });

  it('an idle client that sends at that very moment is still answered, and told to close', async () => {
    const upstream = await openUpstream(echo('legacy'));
    await using gateway = await startGatewayProcess(
      `monolith: legacy\nupstreams: { legacy: { url: "${upstream.url}" } }\n`,
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (): Promise<string | undefined> => {
      const [res] = (await once(get(gateway.url, { agent }), 'response')) as [IncomingMessage];
      await once(res.resume(), 'end');
      return res.headers.connection;
    };
    expect(await ask()).toBe('keep-alive');
    gateway.child.kill('SIGTERM');
    await expect.poll(() => gateway.output()).toContain('drain-began');
    expect(await ask()).toBe('close');
    expect(await gateway.exited).toBe(0);
    agent.destroy();
    await upstream.close();
  });

  it('a second one exits at once', async () => {
    const upstream = await openUpstream(() => {});
    await using gateway = await startGatewayProcess(
      `monolith: legacy\nupstreams: { legacy: { url: "${upstream.url}" } }\n`,
    );
    const hanging = get(gateway.url);
    hanging.on('error', () => {});
    await expect.poll(() => upstream.seen.length).toBe(1);
    gateway.child.kill('SIGTERM');
    await expect.poll(() => gateway.output()).toContain('drain-began');
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).not.toBe(0);
    await upstream.close();
  });
});
