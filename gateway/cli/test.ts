import type { RouteTestReport } from '../routing/route-tests.ts';
import type { Command } from './command.ts';
import { configFile, count, loadGood } from './load.ts';
import type { Print } from './print.ts';
import { clean } from './table.ts';

/** Match entries without a test that are listed one by one. */
const mostMissing = 20;

export const test: Command = {
  name: 'test',
  summary: 'runs the tests of the routes file: which route claims which request',
  args: [{ name: '[file]', means: 'the routes file (default: --config)' }],
  options: [
    { flags: '--coverage <percent>', means: 'fail if fewer of the match entries have a test, such as 80' },
  ],
  hasJson: true,
  examples: [
    { line: 'figway test', does: 'runs `tests:` of routes.yaml' },
    { line: 'figway test --coverage 80', does: 'and wants a test for 80 % of the match entries' },
  ],
  notes: ['Exits with 1 if a test fails or the coverage is lower. Nothing is sent anywhere.'],
  async run(call) {
    const wanted = call.options.percent('coverage') ?? 0;
    const file = call.args[0] ?? configFile(call);
    const { config } = await loadGood(call, file);
    const [{ compileAtOnce }, { runRouteTests }] = await Promise.all([
      import('../routing/compile.ts'),
      import('../routing/route-tests.ts'),
    ]);
    const report = runRouteTests(compileAtOnce(config), config.tests);
    const failed = report.results.filter(result => !result.isPassed).length;
    const isGood = failed === 0 && report.coverage.percent >= wanted;
    if (call.options.flag('json')) call.print.json({ file, isGood, failed, wanted, ...report });
    else show(call.print, { file, failed, wanted, report });
    return isGood ? 0 : 1;
  },
};

interface Ran {
  readonly file: string;
  readonly failed: number;
  readonly wanted: number;
  readonly report: RouteTestReport;
}

function show(print: Print, { file, failed, wanted, report }: Ran): void {
  const { results, coverage } = report;
  for (const { isPassed, text, expected, got, note } of results) {
    if (isPassed) continue;
    print.line(`${print.paint('red', 'failed')} ${clean(text)}`);
    print.line(`  expected ${expected}, got ${got}${note === '' ? '' : ` (${clean(note)})`}`);
  }
  for (const { route, entry } of coverage.missing.slice(0, mostMissing))
    print.line(`${print.paint('yellow', 'no test')} ${route}: ${clean(entry)}`);
  const rest = coverage.missing.length - mostMissing;
  if (rest > 0) print.line(`${print.paint('yellow', 'no test')} for ${rest} more`);
  const passed = `${results.length - failed} of ${count(results.length, 'test')} passed`;
  const covered = `${coverage.exercised} of ${coverage.entries} match entries exercised (${coverage.percent} %)`;
  const isLow = coverage.percent < wanted;
  const bound = isLow ? `, ${wanted} % wanted` : '';
  print.line(
    `${file}: ${print.paint(failed > 0 ? 'red' : 'green', passed)}, ${print.paint(isLow ? 'red' : 'plain', covered + bound)}`,
  );
}
