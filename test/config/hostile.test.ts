import { describe, expect, it } from 'vitest';
import { parseTree } from '../../gateway/config/tree.ts';
import { loadConfig } from '../../gateway/schema.ts';
import { errorsOf, loadTexts } from '../kit/config.ts';
import { openFolder } from '../kit/files.ts';

const codeOf = (text: string): string | undefined => parseTree(text).faults[0]?.code;

describe('a file made to harm', () => {
  it.each([
    ['20,000 open brackets', `a: ${'['.repeat(20_000)}`],
    ['20,000 closed brackets', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['20,000 braces', 'a: '.concat('{a: '.repeat(20_000))],
    ['20,000 dashes', '- '.repeat(20_000)],
    ['20,000 question marks', '? '.repeat(20_000)],
    ['a staircase of 400 mappings', Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['65 levels', `a: ${'['.repeat(65)}${']'.repeat(65)}`],
  ])('with %s is a problem', (_, text) => {
    expect(codeOf(text)).toMatch(/^(too-deep|yaml-syntax)$/);
  });

  it('may be 60 levels deep', () => {
    expect(codeOf(`a: ${'['.repeat(60)}${']'.repeat(60)}`)).toBeUndefined();
  });

  it('with a bomb of aliases is a problem, told once', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`,
    );
    const loaded = await loadTexts({ 'routes.yaml': `l0: &l0 x\n${levels.join('\n')}\n` });
    expect(errorsOf(loaded).map(line => line.replace(/:\d+:\d+/, ''))).toEqual([
      '[alias-bomb] routes.yaml error: expected at most 1000000 values with all aliases followed, got more',
    ]);
  });

  it('of 10 MiB is a problem before it is read', async () => {
    await using folder = await openFolder({ 'routes.yaml': `# ${'x'.repeat(10 * 1024 * 1024)}` });
    const loaded = await loadConfig(folder.at('routes.yaml'), {});
    expect(loaded.problems[0]).toMatchObject({
      code: 'unreadable-file',
      message: `cannot read ${folder.at('routes.yaml')}: expected at most 4 MiB, got 10485762 bytes`,
    });
  });

  it('that is not UTF-8 is a problem', async () => {
    await using folder = await openFolder();
    await folder.write('routes.yaml', new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]));
    const loaded = await loadConfig(folder.at('routes.yaml'), {});
    expect(loaded.problems[0]?.message).toContain('it is not UTF-8 text');
  });

  it('tells at most twenty faults of syntax', () => {
    expect(parseTree('"\n'.repeat(5000)).faults.length).toBeLessThanOrEqual(20);
  });
});
