import { post } from './api.js';
import { choice, openDialog, reasonField, textField } from './dialog.js';
import { h } from './dom.js';
import { counted, percent } from './format.js';
import { sharedCohort, toCommand, toOrder } from './move-order.js';
import { answersTo, toWords } from './move-refused.js';
import { gateReasons } from './next-section.js';
import { sentences, stages, verdictPill } from './parts.js';

/** Asks for target and reason, and moves the route one stage on, or its canary to more clients. */
export const promote = (view, context) =>
  isImpossible(view)
    ? openImpossible(view)
    : openMove(view, context, {
        verb: 'promote',
        title: `Promote ${view.route}`,
        targets: forwards(view),
        evidence: evidenceOf(view),
        kind: 'primary',
      });

/** Back to any stage before, or to fewer clients; no evidence is asked for. */
export const rollBack = (view, context) =>
  openMove(view, context, {
    verb: 'rollback',
    title: `Roll back ${view.route}`,
    targets: backwards(view),
    evidence: h('p', { class: 'dim' }, 'No evidence is asked for.'),
    kind: 'danger',
  });

/** The only way on is one that the file does not allow yet. */
const isImpossible = ({ stage, next }) => stage !== 'canary' && (next?.missing ?? []).length > 0;

/** Says beforehand what would be refused afterwards. */
const openImpossible = ({ route, next }) =>
  openDialog({
    title: `Promote ${route}`,
    content: [
      h('p', {}, `It cannot go to ${next.stage} yet. routes.yaml must say first:`),
      sentences(next.missing),
      h('p', { class: 'dim' }, 'Save the file, and this page follows by itself.'),
    ],
  });

function forwards({ stage }) {
  const next = stages[stages.indexOf(stage) + 1];
  return stage === 'canary' ? ['canary', next] : [next];
}

const backwards = ({ stage }) => [
  ...stages.slice(0, stages.indexOf(stage)).toReversed(),
  ...(stage === 'canary' ? ['canary'] : []),
];

function openMove(view, { status, done }, { verb, title, targets, evidence, kind }) {
  const shared = sharedCohort(view);
  const hasPercent = targets.includes('canary') && (shared === undefined || view.stage === 'canary');
  const isProposed = status.config.moves === 'propose';
  openDialog({
    title,
    kind,
    submit: isProposed ? 'Show the patch' : 'Move it',
    content: [
      evidence,
      choice(
        'stage',
        'To',
        targets.map(stage => [stage, nameOf(stage, view, verb)]),
      ),
      hasPercent ? percentField(view, verb, shared, status) : undefined,
      reasonField(),
    ],
    async onSubmit(values) {
      const { path, body } = toOrder(view, values, hasPercent);
      await post(path, body);
      done(`${view.route}: moved to ${body.stage}${body.percent === undefined ? '' : ` ${body.percent} %`}`);
    },
    toWords: error => toWords(error, view),
    onRefused: (error, values) => answersTo(error, view, toCommand(verb, view, values, hasPercent)),
  });
}

const nameOf = (stage, view, verb) =>
  stage !== view.stage
    ? stage
    : `${stage}, ${verb === 'promote' ? 'more' : 'fewer'} clients than ${view.percent} %`;

const usualSteps = [1, 5, 10, 25, 50, 100];

function percentField(view, verb, shared, { routes }) {
  const now = view.percent ?? 0;
  const next =
    verb === 'promote' ? usualSteps.find(step => step > now) : usualSteps.findLast(step => step < now);
  const others = routes.filter(row => row.cohort === shared && shared !== undefined).map(row => row.route);
  return textField('percent', 'Percent of clients, in canary', {
    type: 'number',
    min: 0,
    max: 100,
    step: 'any',
    value: String(view.next?.percent ?? next ?? now),
    hint:
      shared === undefined
        ? undefined
        : `The percent of the cohort ${shared}; its routes move together: ${others.join(', ')}.`,
  });
}

function evidenceOf(view) {
  const { verdict } = view;
  const isKnown = verdict !== null && verdict !== undefined;
  const n = isKnown ? verdict.parts.reduce((sum, part) => sum + part.n, 0) : 0;
  const bad = isKnown ? verdict.parts.reduce((sum, part) => sum + part.bad, 0) : 0;
  return h(
    'div',
    { class: 'evidence' },
    h('h3', {}, 'The evidence'),
    isKnown
      ? h(
          'p',
          {},
          verdictPill(verdict.state),
          ` ${counted(n, 'distinct request')}, ${bad} bad, match rate ${percent(verdict.matchRate, 2)}`,
        )
      : h('p', { class: 'dim' }, 'Nothing has been compared yet.'),
    sentences(gateReasons(view)),
  );
}
