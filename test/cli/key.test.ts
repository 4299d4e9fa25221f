import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../kit/command-line.ts';
import { errorsOf, loadTexts } from '../kit/config.ts';

const file = (entry: string): string => `
monolith: legacy
upstreams: { legacy: { url: "http://127.0.0.1:4000" } }
auth:
  apiKeys:
    keys:
      ${entry}
`;

describe('figway key new', () => {
  it('shows a key once, and the entry that the routes file takes', async () => {
    await using folder = await openFolder();
    const { code, stdout } = await folder.figway(['key', 'new', 'partner-a', '--scope', 'orders:read']);
    expect(code).toBe(0);
    const [key = ''] = /fgw_[\w-]{43}/.exec(stdout) ?? [];
    const [entry = ''] = /- \{ id: .*/.exec(stdout) ?? [];
    expect(stdout.split(key)).toHaveLength(2);
    const { config, ...loaded } = await loadTexts({ 'routes.yaml': file(entry) });
    expect(errorsOf({ config, ...loaded })).toEqual([]);
    expect(config?.auth?.apiKeys?.keys).toEqual([
      { id: 'partner-a', sha256: hash('sha256', key), scopes: ['orders:read'], roles: [] },
    ]);
  });

  it('gives one JSON document with --json, and another key each time', async () => {
    await using folder = await openFolder();
    const ask = async () => JSON.parse((await folder.figway(['key', 'new', 'a', '--json'])).stdout);
    const first = await ask();
    expect(first).toEqual({
      ...{ id: 'a', key: first.key, sha256: hash('sha256', first.key), scopes: [], roles: [] },
      entry: `- { id: "a", sha256: "${first.sha256}" }`,
    });
    expect(Buffer.from(first.key.slice(4), 'base64url')).toHaveLength(32);
    expect((await ask()).key).not.toBe(first.key);
  });

  it('refuses an id that is none, and a word that it does not know', async () => {
    await using folder = await openFolder();
    const odd = await folder.figway(['key', 'new', 'a b']);
    expect([odd.code, odd.stderr]).toEqual([3, expect.stringContaining('expected an id of 1 to 64')]);
    const old = await folder.figway(['key', 'old', 'a']);
    expect([old.code, old.stderr]).toEqual([3, expect.stringContaining('got figway key old')]);
  });
});
