import { checkField, textField } from './dialog.js';
import { h } from './dom.js';
import { gates } from './next-section.js';
import { copyable, sentences } from './parts.js';

/** A refusal in short: of the route itself the evidence is above, of others in its cohort it is told here. */
export function toWords({ code, message, problem }, { route }) {
  if (code !== 'gate-closed') return message;
  const shut = Object.entries(problem.evidence ?? {}).filter(
    ([, { gate, isOpen }]) => gate !== 'none' && !isOpen,
  );
  if (shut.length === 0) return message;
  const words = shut.map(
    ([name, { gate, reasons }]) =>
      `${name} asks for ${gates[gate] ?? gate}${name === route ? '' : ` (${reasons.join('; ')})`}`,
  );
  return `Not moved: ${words.join('; ')}.`;
}

/** What somebody can do about a refusal, each said aloud. */
export function answersTo({ code, problem }, { verdict }, command) {
  const { reasons = [], patch, evidence } = problem;
  const listed = sentences(reasons);
  if (code === 'gate-closed')
    return [
      (verdict?.unverified ?? []).length === 0
        ? undefined
        : textField('unverified', 'Answer for what cannot be shadowed', {
            hint: `Of ${verdict.unverified.join(', ')}, separated by commas. The reason says how they were tested.`,
          }),
      checkField('force', 'Pass over the gate. The move is recorded as ungated.'),
    ].filter(Boolean);
  if (code === 'data-unacknowledged')
    return [checkField('dataAck', 'The data of legacy has been taken care of: the route may go back to it.')];
  if (code === 'moves-proposed')
    return [
      listed,
      h('p', {}, patch ? 'The patch to commit:' : 'This prints the patch to commit:'),
      copyable(patch ?? command, patch ? 'the patch' : 'the command'),
      evidence === undefined
        ? undefined
        : h('details', {}, h('summary', {}, 'The evidence'), h('pre', {}, JSON.stringify(evidence, null, 2))),
    ].filter(Boolean);
  return listed ?? [];
}
