import { h } from './dom.js';
import { count, counted } from './format.js';
import { pill, section, sentences } from './parts.js';

/** What each gate asks for. */
export const gates = {
  ready: 'the verdict ready',
  'ready+no-tripwire': 'the verdict ready and a quiet tripwire',
  leftovers: 'legacy doing nothing for it any more',
};

/** What stands against the next move beside the verdict, which is told by itself. */
function otherReasons({ verdict, next }) {
  const told = new Set([...(verdict?.reasons ?? []), `the verdict is ${verdict?.state}`]);
  return (next?.reasons ?? []).filter(text => !told.has(text));
}

/** All that stands against the next move, the verdict's in a line for each part. */
export function gateReasons(view) {
  const { verdict } = view;
  const others = otherReasons(view);
  if (verdict === null || verdict === undefined || verdict.state === 'ready') return others;
  const parts = verdict.parts
    .filter(({ state }) => state !== 'ready')
    .map(
      part =>
        `${partName(part)}: ${part.state}, ${count(part.bad)} bad of ${counted(part.n, 'distinct request')}`,
    );
  const open = (verdict.unverified ?? []).map(
    name => `${name}: cannot be shadowed, so somebody must answer for it`,
  );
  return [...others, ...(parts.length + open.length === 0 ? verdict.reasons : [...parts, ...open])];
}

export const partName = ({ method, entry }) =>
  String(entry).startsWith(`${method} `) ? String(entry) : `${method} · ${entry}`;

/** The step ahead, whether it may be made, and if not, what is missing. */
export function nextSection(view) {
  const { next, stage } = view;
  if (next === undefined || next === null || stage === 'done') return undefined;
  const to =
    next.percent === undefined || next.percent === null ? next.stage : `${next.stage} ${next.percent} %`;
  const missing = next.missing ?? [];
  return section(
    'next',
    'Next move',
    h(
      'p',
      {},
      missing.length > 0
        ? pill('blocked', '✕ not possible yet')
        : pill(next.isOpen ? 'ready' : 'pending', next.isOpen ? '✓ open' : '… closed'),
      ` to ${to}`,
      next.gate === 'none' ? ' · asks for no evidence' : ` · asks for ${gates[next.gate] ?? next.gate}`,
    ),
    missing.length === 0
      ? undefined
      : h('div', { class: 'notice' }, h('p', {}, 'routes.yaml must say first:'), sentences(missing)),
    next.isOpen ? undefined : sentences(otherReasons(view)),
    next.isOpen || (view.verdict?.state ?? 'ready') === 'ready'
      ? undefined
      : h('p', { class: 'dim' }, `The verdict is ${view.verdict?.state}: why stands part by part below.`),
  );
}
