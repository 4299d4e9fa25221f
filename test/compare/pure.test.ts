import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { readPage } from '../kit/markdown.ts';

/** All that `createEvidence`, `createTripwire` and `judgeOffline` stand on, by their imports. */
function filesBehind(names: readonly string[]): readonly string[] {
  const files = new Set(names);
  for (const file of files) {
    const imports = readPage(`gateway/compare/${file}`).matchAll(
      /^import (?!type)[^;']* from '(\.[./\w-]+\.ts)';/gm,
    );
    for (const [, name = ''] of imports) files.add(join(dirname(file), name));
  }
  return [...files];
}

it('evidence is pure: no sockets, no files, no clock, no chance', () => {
  const files = filesBehind(['epochs.ts', 'tripwire.ts', 'clopper-pearson.ts']);
  expect(files).toContain('epoch.ts');
  expect(files).toContain('beta.ts');
  const wrong = files.flatMap(file => {
    const code = readPage(`gateway/compare/${file}`);
    const found = code.match(
      /'node:(?!crypto)[\w/]+'|Date\.now|new Date\(\)|performance\.now|setTimeout|Math\.random/g,
    );
    return (found ?? []).map(each => `${file}: ${each}`);
  });
  expect(wrong).toEqual([]);
});
