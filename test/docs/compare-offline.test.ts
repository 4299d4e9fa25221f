import { describe, expect, it } from 'vitest';
import { longestTime } from '../../gateway/admin/record-stream.ts';
import { recordBounds } from '../../gateway/compare/record-account.ts';
import { formats } from '../../gateway/offline/read.ts';
import type { ReplayReport } from '../../gateway/offline/report.ts';
import { selectionBounds } from '../../gateway/offline/selection.ts';
import { mostExamples, mostSignatures } from '../../gateway/offline/signature-tally.ts';
import { openFolder } from '../kit/command-line.ts';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';
import { openUpstream } from '../kit/upstream.ts';

const page = readPage('docs/compare-offline.md');
const told = (head: string): Record<string, string> =>
  Object.fromEntries(tableOf(page, head).map(([name = '', value = '']) => [name, value]));
const count = (number: number): string => number.toLocaleString('en');

describe('docs/compare-offline.md', () => {
  it('names every format', () => {
    expect(tableOf(page, 'format').flatMap(([name]) => codesIn(name))).toEqual([...formats]);
  });

  it('tells its bounds', () => {
    expect(told('bound')).toMatchObject({
      'distinct requests that are held': count(selectionBounds.most),
      'bytes of them': `${selectionBounds.mostBytes / 1024 ** 2} MiB`,
      'signatures that are told apart': count(mostSignatures),
      'examples in a report': count(mostExamples),
    });
    expect(told('bound of a recording')).toEqual({
      'recordings at once': String(recordBounds.recordings),
      'lines a second': String(recordBounds.linesPerSecond),
      'bytes in all': `${recordBounds.bytes / 1024 ** 2} MiB`,
      'bytes of one body': `${recordBounds.body / 1024} KiB`,
      time: `${longestTime / 3_600_000} h`,
    });
  });

  it('has examples that run, and say what the page says they do', async () => {
    const side = await openUpstream((_req, res) => res.end('{}'));
    const log = /```log\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    await using folder = await openFolder({ 'access.log': log });
    const [line = ''] = /^figway compare replay access\.log.*$/m.exec(page) ?? [];
    const words = line
      .replace(/http:\/\/127\.0\.0\.1:4\d+/g, side.url)
      .split(' ')
      .slice(1);
    const ran = await folder.figway([...words, '--json']);
    await side.close();
    const report = JSON.parse(ran.stdout) as ReplayReport;
    expect(ran.code).toBe(2);
    expect(report.input).toMatchObject({ asked: 2, corrupt: 1 });
    expect(Object.values(report.input.passed)).toEqual([1]);
    expect(await folder.read('report.html')).toContain('pending');
  });
});
