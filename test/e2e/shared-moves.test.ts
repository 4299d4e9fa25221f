import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../../gateway/gateway.ts';
import { isPostgresMissing, openDatabase } from '../kit/postgres.ts';
import { openTempFolder } from '../kit/temp-folder.ts';
import { echo, openUpstream } from '../kit/upstream.ts';

const yaml = (stage: string): string => `listen: { gateway: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
store: { postgres: "\${database}" }
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${legacy}" } }
routes:
  orders: { match: [GET /orders], service: orders, stage: ${stage}, data: synced, by: [ip], percent: 5 }
`;

/** One of several gateways, with a copy of the file of its own. */
async function open(env: Record<string, string>) {
  const folder = await openTempFolder();
  const file = join(folder.path, 'routes.yaml');
  await writeFile(file, yaml('legacy'));
  const gateway = await startGateway({ file, env, stdout: () => {}, isHuman: false });
  return {
    gateway,
    text: () => readFile(file, 'utf8'),
    async write(text: string) {
      await writeFile(file, text);
      expect((await gateway.reload()).isGood).toBe(true);
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface MoveRow {
  readonly to: { readonly stage: string };
  readonly by: string;
  readonly reason: string;
}

describe.skipIf(isPostgresMissing)('several gateways on one PostgreSQL', { timeout: 60_000 }, () => {
  it('keep one record of a move, made by an edit of their files or by somebody at one of them', async () => {
    await using database = await openDatabase();
    const legacy = await openUpstream(echo('legacy'));
    const env = { database: database.url, legacy: legacy.url };
    {
      await using one = await open(env);
      await using other = await open(env);
      const moves = async (): Promise<string[]> => {
        const answer = await fetch(`${one.gateway.adminUrl}/api/moves`);
        const { moves: rows } = (await answer.json()) as { moves: MoveRow[] };
        return rows.map(({ to, reason }) => `${to.stage}: ${reason}`);
      };
      /** Each gateway tells the store in its turn: what is here once the later word is there is all there is. */
      const settled = (expected: readonly string[]) =>
        expect.poll(moves, { timeout: 15_000 }).toEqual(expected);

      await Promise.all([one, other].map(gateway => gateway.write(yaml('shadow'))));
      await settled(['shadow: edited by hand']);
      const back = await fetch(`${one.gateway.adminUrl}/api/routes/orders/stage`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ stage: 'legacy', reason: 'not yet' }),
      });
      expect(back.status).toBe(200);
      // The file that was edited is rolled out to the other one.
      await other.write(await one.text());
      await Promise.all([one, other].map(gateway => gateway.write(yaml('done'))));
      await settled(['done: edited by hand', 'legacy: not yet', 'shadow: edited by hand']);
    }
    // All that the gateways had to say was said when they ended.
    const kept = await database.ask('SELECT to_stage, reason FROM figway.move ORDER BY position');
    expect(kept).toEqual([
      { to_stage: 'shadow', reason: 'edited by hand' },
      { to_stage: 'legacy', reason: 'not yet' },
      { to_stage: 'done', reason: 'edited by hand' },
    ]);
    await legacy.close();
  });
});
