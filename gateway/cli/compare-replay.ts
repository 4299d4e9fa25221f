import type { ReplayReport } from '../offline/report.ts';
import { type Command, type ExitCode, Stop } from './command.ts';
import { compare } from './compare.ts';

export const compareReplay: Command = {
  group: compare,
  name: 'replay',
  summary: 'sends recorded requests to both sides and compares the answers',
  args: [
    { name: '<recording>', means: 'a HAR file, an access log, or what `figway record` wrote; - for stdin' },
  ],
  options: [
    { flags: '--legacy <url>', means: 'address of legacy' },
    { flags: '--service <url>', means: 'address of the service' },
    { flags: '--route <route>', means: 'only what this route claims, by its rules and rewrite' },
    {
      flags: '--format <format>',
      means:
        'har, common (combined too), elb (classic and application), json or pairs; else it is recognised',
    },
    {
      flags: '--host <host>',
      means: 'of a HAR, what this host was asked; else the host of its first request',
    },
    {
      flags: '--header <field>',
      means: 'a field for both, such as `accept: application/json`',
      isRepeated: true,
    },
    { flags: '--legacy-header <field>', means: 'a field for legacy alone', isRepeated: true },
    { flags: '--service-header <field>', means: 'a field for the service alone', isRepeated: true },
    { flags: '--writes', means: 'send all methods, not GET and HEAD alone: whatever they do is done twice' },
    {
      flags: '--max-mismatch <percent>',
      means: 'share of bad ones that is fine (of the route; default 0.1)',
    },
    { flags: '--concurrency <n>', means: 'requests at once, 1 to 256 (default 4)' },
    { flags: '--rate <rate>', means: 'at most so many, such as 20/1s' },
    { flags: '--timeout <duration>', means: 'for each answer, 100ms to 10m (default 30s)' },
    { flags: '--seed <text>', means: 'settles order and sample; the report names the one that was used' },
    {
      flags: '--keep <what>',
      means: 'of answers in the report: values (default), differences or shapes; always redacted',
    },
    { flags: '--html <file>', means: 'write the report as one HTML file' },
    { flags: '--junit <file>', means: 'write the report as JUnit XML' },
  ],
  hasJson: true,
  examples: [
    {
      line: 'figway compare replay shop.har --legacy http://127.0.0.1:4000 --service http://127.0.0.1:4103',
      does: 'what a browser has recorded',
    },
    {
      line: 'figway compare replay access.log --route orders-read --legacy http://127.0.0.1:4000 --service http://127.0.0.1:4103 --html report.html',
      does: 'what one route claims of an access log, by its rules',
    },
  ],
  notes: [
    'Each distinct request is sent once to each side, both at the same time, in an order of chance. Redirects are not followed.',
    'Exits with 0 if it is ready, 1 if blocked, 2 if the requests are too few to tell, 3 if a side cannot be reached or no line',
    'can be used. By a route whose upstream has `credentials` the service is asked with a token of its own.',
    'Where both sides answer 401 or 403 and the recording did not, nothing was compared: `skipped: unauthenticated`.',
  ],
  async run(call) {
    const { readReplayOptions } = await import('./replay-options.ts');
    const options = readReplayOptions(call);
    const [{ runReplay }, { showReplay }] = await Promise.all([
      import('./replay-run.ts'),
      import('./replay-text.ts'),
    ]);
    const report = await runReplay(call, options);
    await writeReports(report, options);
    if (call.options.flag('json')) call.print.json(report);
    else showReplay(call.print, report);
    return exitCodeOf(report);
  },
};

const exitCodeOf = ({ verdict: { state } }: ReplayReport): ExitCode =>
  state === 'ready' ? 0 : state === 'blocked' ? 1 : 2;

interface Files {
  readonly html: string | undefined;
  readonly junit: string | undefined;
}

async function writeReports(report: ReplayReport, { html, junit }: Files): Promise<void> {
  const [{ writeFile }, { toHtml }, { toJunit }] = await Promise.all([
    import('node:fs/promises'),
    import('../offline/report-html.ts'),
    import('../offline/report-junit.ts'),
  ]);
  const write = async (file: string | undefined, text: () => string): Promise<void> => {
    if (file === undefined) return;
    await writeFile(file, text()).catch((error: Error) => {
      throw new Stop(3, `${file}: ${error.message}`);
    });
  };
  await write(html, () => toHtml(report));
  await write(junit, () => toJunit(report));
}
