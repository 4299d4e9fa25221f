import type { RecordedPair } from '../compare/pairs.ts';
import type { CompiledRules } from '../compare/rules.ts';
import type { RulesConfig } from '../compare/schema.ts';
import { type Call, type Command, type ExitCode, Stop } from './command.ts';
import { compare } from './compare.ts';
import { count, loadGood } from './load.ts';
import { createVerdict, type Verdict } from './pairs-verdict.ts';
import { clean } from './table.ts';

/** Rules that stand beside pairs, compiled and kept: a recording has few different ones. */
const maxKept = 100;

export const comparePairs: Command = {
  group: compare,
  name: 'pairs',
  summary: 'judges recorded pairs of answers, one JSON object a line',
  args: [{ name: '<file.ndjson>', means: 'the recorded pairs; - for stdin' }],
  options: [
    { flags: '--route <route>', means: 'by the rules of this route of the routes file' },
    { flags: '--verdict', means: 'judge all of them as evidence: ready, blocked or pending' },
  ],
  hasJson: false,
  examples: [
    { line: 'figway compare pairs pairs.ndjson', does: 'a line for each pair: outcome and differences' },
    { line: 'figway compare pairs pairs.ndjson --route orders-read', does: 'by the rules of that route' },
    { line: 'figway compare pairs - --verdict < pairs.ndjson', does: 'the exit code says the verdict' },
  ],
  notes: [
    'A line is `{ "name"?, "request"?, "legacy": {status, headers, body | bodyBase64}, "service": {…}, "legacy2"?, "rules"? }`;',
    'rules in a line replace those of --route. stdout has one JSON object a pair, in their order; a summary goes to stderr.',
    'Exits with 0 if all pairs are equal, 1 if one is not or a line is corrupt, 3 if no line can be used.',
    'With --verdict 0 is ready, 1 blocked, 2 pending: the share of bad ones among distinct requests against `maxMismatch`,',
    'by exact Clopper-Pearson bounds of 95 %.',
  ],
  async run(call) {
    const rules = await createRuleBook(call);
    const verdict = call.options.flag('verdict') ? createVerdict(rules.maxMismatch) : undefined;
    const task = judgeAll(call, rules, verdict);
    const tally = await (call.print.isTerminal ? task : call.print.during('comparing', task));
    sum(call, tally);
    if (tally.pairs === 0) throw new Stop(3, `${call.args[0]}: no pair in it that can be used`);
    if (verdict === undefined) return tally.equal === tally.pairs && tally.corrupt === 0 ? 0 : 1;
    return tellVerdict(call, verdict, tally);
  },
};

interface Tally {
  pairs: number;
  equal: number;
  corrupt: number;
  readonly outcomes: Map<string, number>;
}

async function judgeAll(
  { args, print }: Call,
  rules: RuleBook,
  verdict: Verdict | undefined,
): Promise<Tally> {
  const [{ readLines }, { parsePair, PairFault, toPairLine }, { judgePair }, { isEqual }] = await Promise.all(
    [
      import('../offline/lines.ts'),
      import('../compare/pairs.ts'),
      import('../compare/judge.ts'),
      import('../core/outcome.ts'),
    ],
  );
  const file = args[0] as string;
  const tally: Tally = { pairs: 0, equal: 0, corrupt: 0, outcomes: new Map() };
  const tellCorrupt = (number: number, why: string): void => {
    tally.corrupt++;
    print.note(clean(`${file}:${number}: ${why}`));
  };
  for await (const line of readLines(file)) {
    if ('fault' in line) {
      tellCorrupt(line.number, line.fault);
      continue;
    }
    if (line.text.trim() === '') continue;
    let recorded: RecordedPair;
    try {
      recorded = parsePair(line.text);
    } catch (error) {
      if (!(error instanceof PairFault)) throw error;
      tellCorrupt(line.number, error.message);
      continue;
    }
    const judged = judgePair(recorded.pair, rules.of(recorded.rules));
    tally.pairs++;
    if (isEqual(judged.outcome)) tally.equal++;
    tally.outcomes.set(judged.outcome, (tally.outcomes.get(judged.outcome) ?? 0) + 1);
    verdict?.count(recorded, judged.outcome);
    print.line(toPairLine(recorded.name ?? `line ${line.number}`, judged));
  }
  return tally;
}

function sum({ print }: Call, { pairs, corrupt, outcomes }: Tally): void {
  const parts = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`);
  const bad = corrupt === 0 ? [] : [`${count(corrupt, 'corrupt line')} left out`];
  print.note([`${count(pairs, 'pair')}`, ...parts, ...bad].join(', '));
}

function tellVerdict({ print }: Call, verdict: Verdict, { corrupt }: Tally): ExitCode {
  const { state, lines } = verdict.judge(corrupt);
  for (const line of lines) print.note(line);
  return state === 'ready' ? 0 : state === 'blocked' ? 1 : 2;
}

/** Rules for lines: their own, else those of the route, else none. */
interface RuleBook {
  /** Percent. */
  readonly maxMismatch: number;
  of(own: RulesConfig | undefined): CompiledRules;
}

async function createRuleBook(call: Call): Promise<RuleBook> {
  const [{ compileRules }, { compareDefaults }, { surroundingsOf }] = await Promise.all([
    import('../compare/rules.ts'),
    import('../compare/schema.ts'),
    import('../compare-surroundings.ts'),
  ]);
  const name = call.options.text('route');
  const now = Date.now();
  const nowhere = { origins: { legacy: [], service: [] }, now };
  const config = name === undefined ? undefined : (await loadGood(call)).config;
  const route = config !== undefined && name !== undefined ? config.routes[name] : undefined;
  if (config !== undefined && route === undefined) throw new Stop(2, `there is no route ${name}`);
  const around = config === undefined || name === undefined ? nowhere : surroundingsOf(config, name, now);
  const asked: RulesConfig = route?.compare ?? compareDefaults();
  const ofRoute = compileRules(asked, around);
  const known = new Map<string, CompiledRules>();
  return {
    maxMismatch: asked.maxMismatch,
    of(own) {
      if (own === undefined) return ofRoute;
      const key = JSON.stringify(own);
      const before = known.get(key);
      if (before !== undefined) return before;
      if (known.size >= maxKept) known.clear();
      const compiled = compileRules(own, around);
      known.set(key, compiled);
      return compiled;
    },
  };
}
