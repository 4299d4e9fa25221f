import { fill, post } from './api.js';
import { choice, openDialog, reasonField, textField } from './dialog.js';
import { h } from './dom.js';

const forField = () =>
  textField('for', 'For', {
    hint: 'Such as 30m or 2h; empty: until somebody releases it.',
    placeholder: 'until released',
  });

export const hold = ({ route, data }, { done }) =>
  openDialog({
    title: `Hold ${route}`,
    submit: 'Hold it',
    kind: 'danger',
    content: [
      h(
        'p',
        {},
        data === 'service'
          ? 'The service owns the data: safe methods may get stale answers of legacy, all else is 503 until it is released.'
          : 'All its traffic goes to legacy at once, until it is released.',
      ),
      reasonField(),
      forField(),
    ],
    async onSubmit(values) {
      await post(fill('/api/routes/{id}/hold', route), toHold(values));
      done(`${route} is held`);
    },
  });

export const holdAll = ({ done }) =>
  openDialog({
    title: 'Hold all routes',
    submit: 'Hold them all',
    kind: 'danger',
    content: [
      h('p', {}, 'Every route goes to legacy at once, but for those that are done.'),
      reasonField(),
      forField(),
    ],
    async onSubmit(values) {
      const { held } = await post('/api/hold', toHold(values));
      done(`${held.length} routes are held`);
    },
  });

export const release = ({ route }, { done }) =>
  openDialog({
    title: `Release ${route}`,
    submit: 'Release it',
    content: releaseFields(),
    async onSubmit(values) {
      await post(fill('/api/routes/{id}/release', route), toRelease(values));
      done(values.how === 'ramp' ? `${route} is being released` : `${route} is released`);
    },
  });

export const releaseAll = ({ done }) =>
  openDialog({
    title: 'Release all routes',
    submit: 'Release them all',
    content: releaseFields(),
    async onSubmit(values) {
      const { released } = await post('/api/release', toRelease(values));
      done(`${released.length} routes are released`);
    },
  });

const releaseFields = () => [
  reasonField(),
  choice('how', 'How', [
    ['once', 'at once'],
    ['ramp', 'in steps'],
  ]),
  textField('ramp', 'Steps', { value: '10, 50, 100', hint: 'Rising percents of clients that end with 100.' }),
  textField('every', 'A step every', { value: '10m' }),
];

const toHold = ({ reason, for: time }) => ({ reason, ...(time === '' ? {} : { for: time }) });

const toRelease = ({ reason, how, ramp, every }) =>
  how === 'ramp'
    ? {
        reason,
        ramp: ramp
          .split(/[\s,%]+/)
          .filter(Boolean)
          .map(Number),
        every,
      }
    : { reason };
