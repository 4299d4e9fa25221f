import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openTempFolder } from '../../kit/temp-folder.ts';

/** Services whose main files take store and bus from the environment. */
const services = ['payments', 'notifications', 'users'];

/** Runs a main file in a folder of its own, with these variables alone. */
async function run(name: string, env: Record<string, string>, whenListening: (url: string) => Promise<void>) {
  await using folder = await openTempFolder();
  const script = `${import.meta.dirname}/../../../extracted-services/${name}/main.ts`;
  const child = spawn(process.execPath, [script], { cwd: folder.path, env });
  let out = '';
  let err = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text;
  });
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text;
    const url = /"msg":"listening","url":"([^"]+)"/.exec(out)?.[1];
    if (url !== undefined) {
      child.stdout.removeAllListeners('data');
      void whenListening(url).finally(() => child.kill('SIGTERM'));
    }
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, err: err.trim() };
}

describe.each(services)('%s/main.ts', name => {
  const listen = `${name.toUpperCase()}_LISTEN`;

  it('starts with nothing set but its address, and stops on SIGTERM with 0', async () => {
    const statuses: number[] = [];
    const ended = await run(name, { [listen]: '127.0.0.1:0' }, async url => {
      statuses.push((await fetch(`${url}/readyz`)).status);
      statuses.push((await fetch(`${url}/v1/${name}`)).status);
    });
    expect([statuses, ended]).toEqual([[200, 401], { code: 0, err: '' }]);
  });

  it.each([
    [{ [listen]: 'nowhere' }, `${listen}: expected host:port, got nowhere`],
    [
      { DATABASE_URL: 'mysql://u:secret@h/d' },
      'DATABASE_URL: expected an address that begins with postgres://',
    ],
    [{ AMQP_URL: 'redis://h' }, 'AMQP_URL: expected an address that begins with amqp://'],
    [{ USERS_URL: 'users' }, 'USERS_URL: expected an http: or https: address, got users'],
  ])('says in one line what it cannot take, and exits with 3: %j', async (env, message) => {
    const { code, err } = await run(name, { [listen]: '127.0.0.1:0', ...env }, async () => {});
    expect([code, err.split('\n').length]).toEqual([3, 1]);
    expect(err).toContain(`${name}: ${message}`);
    expect(err).not.toContain('secret');
  });

  it('reads what its page and its Dockerfile say', () => {
    const page = readFileSync(`docs/services/${name}.md`, 'utf8');
    const dockerfile = readFileSync(`extracted-services/${name}/Dockerfile`, 'utf8');
    const main = readFileSync(`extracted-services/${name}/main.ts`, 'utf8');
    const [, address = '', port = ''] = /listen\('\w+', '([\d.]+:(\d+))'\)/.exec(main) ?? [];
    expect(page).toContain(`\`${listen}\``);
    expect(page).toContain(`\`${address}\``);
    expect(dockerfile).toContain(`ENV ${listen}=0.0.0.0:${port}`);
    expect(dockerfile).toContain(`EXPOSE ${port}`);
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "extracted-services/${name}/main.ts"]`);
  });
});
