import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../estate/traffic/pace.ts';
import { createRandom } from '../../estate/traffic/random.ts';
import { startTraffic } from '../../estate/traffic/traffic.ts';
import { createVisitor } from '../../estate/traffic/visitor.ts';
import { visits } from '../../estate/traffic/visits.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';

const sum = (counts: ReadonlyMap<unknown, number>): number =>
  [...counts.values()].reduce((all, count) => all + count, 0);

const openMonolith = async () => {
  const monolith = await startMonolith({ port: 0 });
  return { url: monolith.url, [Symbol.asyncDispose]: () => monolith.close() };
};

describe('traffic', { timeout: 30_000 }, () => {
  it('keeps to its rate, and ends when its time is up', async () => {
    await using shop = await openMonolith();
    const begun = performance.now();
    const traffic = startTraffic({ url: shop.url, rate: 20, seed: 1, seconds: 2 });
    await traffic.done;
    expect(performance.now() - begun).toBeGreaterThan(1900);
    expect(sum(traffic.answers)).toBeGreaterThan(8);
    expect(sum(traffic.answers)).toBeLessThanOrEqual(40);
  });

  it('is closed in the middle, and cuts nothing off', async () => {
    await using shop = await openMonolith();
    const traffic = startTraffic({ url: shop.url, rate: 50, seed: 1 });
    await expect.poll(() => sum(traffic.answers)).toBeGreaterThan(2);
    await traffic.close();
    // Whoever closes it waits for the answers under way: none is cut off.
    expect([...traffic.answers.keys()]).not.toContain(0);
    await traffic.done;
  });

  it('counts what nobody answers, and goes on', async () => {
    const traffic = startTraffic({ url: 'http://127.0.0.1:1', rate: 50, seed: 1 });
    await expect.poll(() => traffic.answers.get(0) ?? 0).toBeGreaterThan(5);
    await traffic.close();
    expect([...traffic.answers.keys()]).toEqual([0]);
  });
});

describe('a turn', () => {
  it('is given as long as it goes on, and to nobody after the end', async () => {
    const pace = createPace(1000);
    expect(await pace.turn()).toBe(true);
    pace.end();
    expect(await pace.turn()).toBe(false);
  });
});

describe('a visit', { timeout: 30_000 }, () => {
  /** What a visit asks for, of a fresh monolith. */
  const record = async (name: string, seed: number): Promise<readonly string[]> => {
    await using shop = await openMonolith();
    const asked: string[] = [];
    const visitor = createVisitor({ url: shop.url, turn: async () => true, onAnswer: () => {} });
    await visits
      .find(visit => visit.name === name)
      ?.go(
        {
          async ask(method, path, sent) {
            const heard = await visitor.ask(method, path, sent);
            asked.push(`${method} ${path} ${heard?.status}`);
            return heard;
          },
        },
        createRandom(seed),
      );
    return asked;
  };

  it('is the same for the same seed, and another for another', async () => {
    const [first, again, other] = [
      await record('phone', 7),
      await record('phone', 7),
      await record('phone', 8),
    ];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('to buy logs in, orders, pays, and looks at what was ordered; some cancel', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(seed => record('buy', seed)));
    expect(all.flat().filter(line => !/ (?:200|302)$/.test(line))).toEqual([]);
    const bought = all.filter(lines => lines.some(line => /^GET \/account\/orders\/\d+ 200$/.test(line)));
    expect(bought.length).toBeGreaterThan(2);
    for (const lines of bought) expect(lines.some(line => /^GET \/orders\/\d+ 200$/.test(line))).toBe(true);
    expect(all.flat().some(line => /^POST \/account\/orders\/\d+\/cancel 302$/.test(line))).toBe(true);
  });

  it('to restock is of staff, and changes what is scarce', async () => {
    const all = await Promise.all([1, 2, 3].map(seed => record('restock', seed)));
    expect(all.flat().some(line => /^PUT \/products\/\d+ 200$/.test(line))).toBe(true);
    expect(all.flat().filter(line => !/ (?:200|302)$/.test(line))).toEqual([]);
  });
});

describe('npm run traffic', { timeout: 30_000 }, () => {
  const traffic = (...words: string[]) =>
    spawnSync(process.execPath, ['estate/traffic/main.ts', ...words], {
      encoding: 'utf8',
      env: { ...process.env, FIGWAY_LISTEN: '127.0.0.1:1' },
    });

  it('ends with 1 where nobody answers, and says how many were asked', () => {
    const { status, stdout } = traffic('--seconds', '1', '--rate', '5');
    expect([status, stdout]).toEqual([1, expect.stringMatching(/\d requests: no answer \d; visits: /)]);
  });

  it('names the option, the bounds and the value that it cannot take', () => {
    for (const words of [
      ['--rate', '51'],
      ['--seconds', '0'],
      ['--seconds', '86401'],
      ['--seed', 'x'],
    ]) {
      const { status, stderr } = traffic(...words);
      expect([status, stderr]).toEqual([
        3,
        expect.stringMatching(`${words[0]}: expected a whole number from .*, got ${words[1]}\n`),
      ]);
    }
    expect(traffic('--fast')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('usage: npm run traffic'),
    });
  });
});
