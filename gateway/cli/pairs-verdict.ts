import { createHash } from 'node:crypto';
import { judgeOffline } from '../compare/clopper-pearson.ts';
import type { RecordedPair } from '../compare/pairs.ts';
import { fieldValue } from '../core/headers.ts';
import { isBad, isEqual, type Outcome } from '../core/outcome.ts';
import type { VerdictState } from '../core/vocabulary.ts';

/** Recorded pairs as evidence: each distinct request is one trial, bad if it once was. */
export interface Verdict {
  count(recorded: RecordedPair, outcome: Outcome): void;
  /** @param corrupt lines that nobody could read: with them nothing is ready. */
  judge(corrupt: number): { readonly state: VerdictState; readonly lines: readonly string[] };
}

/** Distinct requests that are told apart; those beyond count only where they are bad. */
const maxTrials = 1_000_000;

export function createVerdict(maxMismatch: number): Verdict {
  const trials = new Map<string, boolean>();
  let [unnamed, beyond, skipped] = [0, 0, 0];
  return {
    count(recorded, outcome) {
      if (!isEqual(outcome) && !isBad(outcome)) {
        skipped++;
        return;
      }
      const key = fingerprintOf(recorded) ?? `#${unnamed++}`;
      const before = trials.get(key);
      if (before === undefined && trials.size >= maxTrials && !isBad(outcome)) beyond++;
      else trials.set(key, before === true || isBad(outcome));
    },
    judge(corrupt) {
      const bad = [...trials.values()].filter(isBadTrial => isBadTrial).length;
      const { state, upper, more } = judgeOffline({ bad, n: trials.size, maxMismatch });
      const isHeldBack = state === 'ready' && corrupt > 0;
      return {
        state: isHeldBack ? 'pending' : state,
        lines: [
          `verdict: ${isHeldBack ? 'pending' : state}: ${bad} bad of ${trials.size} distinct requests, surely below ${percent(upper)}, wanted below ${maxMismatch} %`,
          ...(more === undefined || more === 0
            ? []
            : [`${more} more distinct requests are needed, all good`]),
          ...(corrupt === 0
            ? []
            : ['corrupt lines stand against it: nobody knows what they would have said']),
          ...(skipped === 0 ? [] : [`${skipped} pairs say nothing: skipped, or legacy failed`]),
          ...(beyond === 0 ? [] : [`${beyond} pairs beyond ${maxTrials} distinct requests are left out`]),
        ],
      };
    },
  };
}

/** Rounded up, so that a bound is never told smaller than it is. */
const percent = (share: number): string => `${Math.ceil(share * 1e5) / 1e3} %`;

/** Method, path, sorted query and who asked; undefined where the line does not say what was asked. */
function fingerprintOf({ asked, pair }: RecordedPair): string | undefined {
  if (asked.url === '') return undefined;
  const [path = '', query = ''] = asked.url.split('?', 2);
  const who = ['authorization', 'cookie'].map(name => fieldValue(asked.fields, name) ?? '');
  const parts = [pair.method, path, ...query.split('&').sort(), ...who];
  return createHash('sha256').update(parts.join('\n')).digest('base64').slice(0, 16);
}
