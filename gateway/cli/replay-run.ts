import { systemClock } from '../core/clock.ts';
import { createChance } from '../offline/chance.ts';
import { createFindings } from '../offline/findings.ts';
import { openRecording } from '../offline/read.ts';
import { replay, Unreachable } from '../offline/replay.ts';
import type { ReplayReport } from '../offline/report.ts';
import { createSelection, type Selection } from '../offline/selection.ts';
import { type Call, Stop } from './command.ts';
import { openAskers } from './replay-askers.ts';
import { openGround } from './replay-ground.ts';
import type { ReplayOptions } from './replay-options.ts';
import { clean } from './table.ts';

/** Lines that cannot be read and are named one by one. */
const mostTold = 20;

/** Reads the recording, asks both sides, and gathers the report. Throws a Stop where nothing can be said. */
export async function runReplay(call: Call, options: ReplayOptions): Promise<ReplayReport> {
  const ground = await openGround(call, options);
  const selection = createSelection({ seed: options.seed, choose: ground.choose });
  const format = await call.print.during('reading', select(call, options, selection));
  const requests = selection.selected();
  if (requests.length === 0)
    throw new Stop(3, `${options.recording}: no request in it ${whyNone(selection)}`);
  const findings = createFindings();
  const { concurrency, rate } = options.pace;
  const askers = await openAskers(options, ground);
  const chance = createChance(options.seed);
  const work = replay(
    { requests, askers, judging: ground.judging, concurrency, rate, chance, onPair: findings.add },
    systemClock,
  );
  try {
    await call.print.during(() => `replaying ${findings.pairs} of ${requests.length}`, work);
  } catch (error) {
    if (error instanceof Unreachable) throw new Stop(3, error.message);
    throw error;
  } finally {
    await askers.close();
  }
  return {
    kind: 'figway-replay',
    at: new Date().toISOString(),
    seed: options.seed,
    source: { file: options.recording, format },
    sides: { legacy: options.legacy.url.href, service: options.service.url.href },
    route: options.route ?? null,
    input: { ...selection.counts(), asked: requests.length },
    ...findings.toResult(options.maxMismatch ?? ground.maxMismatch),
  };
}

async function select(call: Call, options: ReplayOptions, selection: Selection): Promise<string> {
  const { recording: file } = options;
  const recording = await openRecording(file, options.format).catch((error: Error) => {
    throw new Stop(3, `${file}: ${error.message}`);
  });
  if (recording === undefined)
    throw new Stop(3, `${file}: neither a HAR nor an access log that is known; --format names one`);
  let told = 0;
  for await (const read of recording.reads) {
    const fault = selection.add(read);
    if (fault === undefined) continue;
    told++;
    if (told <= mostTold) call.print.note(clean(`${file}: ${fault}`));
  }
  if (told > mostTold) call.print.note(`${file}: ${told - mostTold} more cannot be read`);
  return recording.format;
}

function whyNone(selection: Selection): string {
  const { corrupt, passed } = selection.counts();
  const reasons = Object.entries(passed).map(([why, times]) => `${times}: ${why}`);
  if (corrupt > 0) reasons.unshift(`${corrupt} cannot be read`);
  return `that can be asked${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`;
}
