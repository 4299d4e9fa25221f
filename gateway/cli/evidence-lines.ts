import { toCount, toPercent } from '../compare/figures.ts';
import type { MoveEvidence } from '../routing/move-evidence.ts';
import { gateAsks } from '../routing/stages.ts';

/** What was known of a route when it moved, for people; the first line stands alone. */
export function toEvidenceLines(route: string, evidence: MoveEvidence): readonly string[] {
  const { gate, isOpen, reasons, verdict, unverified } = evidence;
  const asks = gate === 'none' ? 'no evidence is asked for' : `asks for ${gateAsks[gate]}`;
  const state = gate === 'none' ? '' : `, and is ${isOpen ? 'open' : 'closed'}`;
  const numbers = verdict === undefined ? [] : [toNumbers(verdict)];
  const parts = (verdict?.parts ?? []).map(
    part =>
      `  ${part.entry} (${part.method}): ${part.state}, ${toCount(part.bad)} bad of ${toCount(part.n)} distinct requests`,
  );
  const left = unverified.length === 0 ? [] : [`  left out: ${unverified.join(', ')}`];
  return [
    `${route}: the gate ${asks}${state}`,
    ...numbers,
    ...parts,
    ...left,
    ...reasons.map(each => `  - ${each}`),
  ];
}

const toNumbers = ({ state, n, bad, matchRate }: NonNullable<MoveEvidence['verdict']>): string => {
  const rate = matchRate === null ? 'nothing was compared' : `match rate ${toPercent(matchRate)}`;
  return `  verdict ${state}, ${toCount(bad)} bad of ${toCount(n)} distinct requests, ${rate}`;
};
