import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { awaitOutcomes, countsOf } from '../kit/outcomes.ts';
import { openWorld } from '../kit/world.ts';

const table = `
monolith: legacy
log: { level: debug }
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: shadow, data: synced, compare: { reask: { share: 0% } } }
`;

/** Two MiB, twice what is compared. */
const large = randomBytes(2 * 1024 * 1024);
const other = Buffer.from(large);
other.writeUInt8(large.readUInt8(1_500_000) ^ 1, 1_500_000);

interface Said {
  readonly type?: string;
  readonly coding?: string;
  readonly status?: number;
}

/** In pieces that fall otherwise on each side, with no length announced. */
const give =
  (body: Buffer, piece: number, { type = 'image/png', coding, status = 200 }: Said = {}): RequestListener =>
  (_req, res) => {
    res.writeHead(status, { 'content-type': type, ...(coding ? { 'content-encoding': coding } : {}) });
    for (let at = 0; at < body.length; at += piece) res.write(body.subarray(at, at + piece));
    res.end();
  };

describe('answers of 2 MiB', () => {
  const packed = gzipSync(large, { level: 1 });
  const ofLegacy = give(large, 64 * 1024);
  it.each([
    ['that are equal match', ofLegacy, give(large, 100_000), 'match'],
    ['that differ in a bit are a mismatch', ofLegacy, give(other, 100_000), 'mismatch'],
    ['of which one is shorter are a mismatch', ofLegacy, give(large.subarray(1), 100_000), 'mismatch'],
    [
      'that rules might excuse are skipped',
      give(large, 64 * 1024, { type: 'text/plain' }),
      give(other, 64 * 1024, { type: 'text/plain' }),
      'skipped: too-large',
    ],
    [
      'in another coding are skipped',
      ofLegacy,
      give(packed, 64 * 1024, { coding: 'gzip' }),
      // Whether there is a coding says nothing, its bytes cannot be held against others.
      'skipped: too-large',
    ],
    ['with another status are a mismatch', ofLegacy, give(large, 64 * 1024, { status: 203 }), 'mismatch'],
    [
      'are skipped where the other is within the bound',
      ofLegacy,
      give(large.subarray(0, 9), 9),
      'skipped: too-large',
    ],
    ['of the service alone are skipped', give(large.subarray(0, 9), 9), ofLegacy, 'skipped: too-large'],
  ])('%s', async (_name, legacy, orders, outcome) => {
    await using world = await openWorld(table, { legacy, orders });
    const answer = await fetch(`${world.url}/orders/1`, { headers: { 'accept-encoding': 'gzip' } });
    await answer.arrayBuffer();
    await awaitOutcomes(world, 1);
    expect(countsOf(world)).toEqual({ [outcome]: 1 });
  });

  it('are not heard out where the client had less than is compared', async () => {
    let ended: 'whole' | 'cut' | undefined;
    const twelve = 12 * 1024 * 1024;
    const orders: RequestListener = (_req, res) => {
      res.on('close', () => {
        ended = res.writableFinished ? 'whole' : 'cut';
      });
      let sent = 0;
      const pour = (): void => {
        while (sent < twelve && res.write(large.subarray(0, 64 * 1024))) sent += 64 * 1024;
        if (sent < twelve) sent += 64 * 1024;
        else res.end();
      };
      res.on('drain', pour);
      pour();
    };
    await using world = await openWorld(table, { legacy: give(large.subarray(0, 9), 9), orders });
    await (await fetch(`${world.url}/orders/1`)).arrayBuffer();
    await awaitOutcomes(world, 1);
    expect(countsOf(world)).toEqual({ 'skipped: too-large': 1 });
    await expect.poll(() => ended, { timeout: 10_000 }).toBe('cut');
  });

  it('reach the client byte for byte', async () => {
    await using world = await openWorld(table, { legacy: ofLegacy, orders: give(other, 9999) });
    const answer = await fetch(`${world.url}/orders/1`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(large)).toBe(true);
    await awaitOutcomes(world, 1);
  });
});
