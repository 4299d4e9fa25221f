import { fill } from './api.js';

/** The percent stands at the cohort: routes that share one move together. */
export const sharedCohort = ({ cohort, route }) => (cohort !== null && cohort !== route ? cohort : undefined);

/** The call that makes the move, by what the dialog was told. */
export function toOrder(view, { stage, percent: part, reason, force, dataAck, unverified }, hasPercent) {
  const isPercent = hasPercent && stage === 'canary' && part !== '';
  const shared = sharedCohort(view);
  const path =
    isPercent && shared !== undefined
      ? fill('/api/cohorts/{id}/stage', shared)
      : fill('/api/routes/{id}/stage', view.route);
  const names = (unverified ?? '').split(/[\s,]+/).filter(name => name !== '');
  return {
    path,
    body: {
      stage,
      reason,
      ...(isPercent ? { percent: Number(part) } : {}),
      ...(force ? { force: true } : {}),
      ...(dataAck ? { dataAck: true } : {}),
      ...(names.length > 0 ? { unverified: names } : {}),
    },
  };
}

/** The same as a command line. */
export function toCommand(verb, view, values, hasPercent) {
  const { path, body } = toOrder(view, values, hasPercent);
  const what = path.includes('/cohorts/') ? `--cohort ${quote(view.cohort)}` : quote(view.route);
  const part = body.percent === undefined ? '' : ` --percent ${body.percent}`;
  return `figway ${verb} ${what} --to ${body.stage}${part} --reason ${quote(body.reason)}`;
}

/** As a shell takes it for one word. */
const quote = text => (/^[\w.,:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
