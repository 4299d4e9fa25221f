import { describe, expect, it } from 'vitest';
import { bounds } from '../../gateway/compare/sampling.ts';
import { watchdog } from '../../gateway/compare/thread.ts';
import { outcomes, skipReasons } from '../../gateway/core/outcome.ts';
import { errorsOf, loadTexts } from '../kit/config.ts';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';

const page = readPage('docs/shadowing.md');

describe('docs/shadowing.md', () => {
  it('has an example that loads', async () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const loaded = await loadTexts({ 'routes.yaml': example });
    expect(errorsOf(loaded)).toEqual([]);
    expect(loaded.config?.routes['orders-read']?.compare?.sample).toBe(10);
  });

  it('names every outcome, and every reason by which a live request is skipped', () => {
    expect(tableOf(page, 'outcome').flatMap(([name]) => codesIn(name))).toEqual([...outcomes]);
    const told = tableOf(page, 'skipped').flatMap(([name]) => codesIn(name));
    // That one is for replays alone.
    const live = skipReasons.filter(reason => reason !== 'unauthenticated');
    expect(told.toSorted()).toEqual(live.toSorted());
  });

  it('tells its bounds', () => {
    const told = Object.fromEntries(tableOf(page, 'bound').map(([name = '', value = '']) => [name, value]));
    expect(told).toMatchObject({
      'pairs in flight, over all routes': String(bounds.pairs),
      'bytes of their bodies': `${bounds.bytes / 1024 ** 2} MiB`,
      'one batch of that thread; then it counts as hung': `${watchdog / 1000} s`,
    });
  });
});
