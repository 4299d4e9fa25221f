import { fill, post } from './api.js';
import { openDialog, reasonField } from './dialog.js';
import { h } from './dom.js';
import { hold, holdAll, release, releaseAll } from './hold-dialogs.js';
import { promote, rollBack } from './stage-dialogs.js';

/** What the buttons do, by their `data-do`. `page` is what is shown: `{ data, status, session, filters }`. */
export const actions = {
  promote: (page, tools) => promote(page.data.view, { status: page.status, ...tools }),
  rollback: (page, tools) => rollBack(page.data.view, { status: page.status, ...tools }),
  hold: (page, tools) => hold(page.data.view, tools),
  release: (page, tools) => release(page.data.view, tools),
  'hold-all': (_page, tools) => holdAll(tools),
  'release-all': (_page, tools) => releaseAll(tools),
  'mark-bug': (page, tools, button) =>
    mark(page.data.view, tools, { ...button.dataset, state: 'legacy-bug' }),
  'mark-open': (page, tools, button) => mark(page.data.view, tools, { ...button.dataset, state: 'open' }),
  async reload(_page, { done }) {
    const result = await post('/api/reload');
    done(
      result.isGood ? 'the file was read again and runs' : `the file is refused: ${result.problems[0] ?? ''}`,
    );
  },
  sort({ filters }, { redraw }, { dataset: { by } }) {
    filters.isDescending = filters.sort === by && !filters.isDescending;
    filters.sort = by;
    redraw();
  },
  async copy(_page, { say }, button) {
    await copyText(button.parentElement.querySelector('pre'));
    say('Copied');
  },
};

const mark = ({ route }, { done }, { signature, path, state }) =>
  openDialog({
    title: state === 'open' ? 'Let it count again' : 'Legacy is wrong here',
    submit: state === 'open' ? 'It counts again' : 'Say so',
    content: [
      h('p', {}, h('code', {}, path)),
      h(
        'p',
        { class: 'dim' },
        state === 'open'
          ? 'It stands against the service again.'
          : 'The difference no longer stands against the service.',
      ),
      reasonField(),
    ],
    async onSubmit({ reason }) {
      await post(fill('/api/routes/{id}/differences', route), { signature, state, reason });
      done(`${path}: ${state}`);
    },
  });

/** Where the port has no TLS and is not this machine, browsers have no clipboard for scripts. */
async function copyText(element) {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(element.textContent);
  getSelection().selectAllChildren(element);
  document.execCommand('copy');
}
