import { describe, expect, it } from 'vitest';
import { openFolder, openStubAdmin } from '../kit/command-line.ts';
import { freePort } from '../kit/free-port.ts';

describe('figway init', () => {
  it('asks the monolith once and writes a file that passes check and test without a warning', async () => {
    await using legacy = await openStubAdmin(() => [200, 'hello']);
    await using folder = await openFolder();
    const { code, stdout } = await folder.figway(['init', legacy.url]);
    expect(code).toBe(0);
    expect(stdout).toContain('answered GET / with 200');
    expect(stdout).toMatch(/figway check .*\n +figway start /);
    expect(legacy.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /']);
    const text = await folder.read('routes.yaml');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\S*gateway\/routes\.schema\.json\n/);
    expect(text).toContain(`legacy: { url: ${legacy.url} }`);
    const check = await folder.figway(['check', '--json']);
    expect(JSON.parse(check.stdout)).toMatchObject({ isGood: true, problems: [] });
    expect((await folder.figway(['test'])).code).toBe(0);
  });

  it('gives a route that passes check once it is uncommented', async () => {
    await using legacy = await openStubAdmin(() => [200, 'hello']);
    await using folder = await openFolder();
    await folder.figway(['init', legacy.url]);
    const text = await folder.read('routes.yaml');
    await folder.write(
      'routes.yaml',
      text
        .replace(/^# {3}(?= *\w)/gm, '  ')
        .replace(/^#( {3,})/gm, '$1')
        .replace('# orders:', 'orders:'),
    );
    const check = await folder.figway(['check', '--json']);
    expect(JSON.parse(check.stdout)).toMatchObject({ isGood: true, routes: 1 });
  });

  it('overwrites nothing without --force', async () => {
    await using legacy = await openStubAdmin(() => [200, 'hello']);
    await using folder = await openFolder({ 'routes.yaml': 'mine' });
    const { code, stderr } = await folder.figway(['init', legacy.url]);
    expect(code).toBe(3);
    expect(stderr).toContain('routes.yaml is there already; --force overwrites it');
    expect(await folder.read('routes.yaml')).toBe('mine');
    expect((await folder.figway(['init', legacy.url, '--force'])).code).toBe(0);
    expect(await folder.read('routes.yaml')).not.toBe('mine');
  });

  it('writes nothing where nobody answers, unless it is forced', async () => {
    await using folder = await openFolder();
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await folder.figway(['init', url]);
    expect(code).toBe(3);
    expect(stderr).toContain(`${url} does not answer (ECONNREFUSED)`);
    expect((await folder.figway(['init', url, '--force'])).code).toBe(0);
  });

  it.each(['localhost:4000', 'ftp://x', 'http://127.0.0.1:4000/shop', 'http://u:p@x'])(
    'refuses %s as an address',
    async given => {
      await using folder = await openFolder();
      const { code, stderr } = await folder.figway(['init', given]);
      expect(code).toBe(3);
      expect(stderr).toContain(`expected the monolith's address`);
    },
  );
});
