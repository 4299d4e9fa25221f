import { Refused } from './api.js';
import { h } from './dom.js';
import { prose } from './format.js';

/**
 * A modal dialog with a form; the browser keeps the focus inside, ends it on Escape and gives the focus back.
 * `onSubmit(values, dialog)` closes it by ending; what it throws is shown in the dialog, by `onRefused(error)` where it
 * is a refusal of the gateway, and as `toWords(error)` has it. Without `submit` it only tells.
 */
export function openDialog({ title, content, submit, kind = 'primary', onSubmit, onRefused, toWords }) {
  const problem = h('div', { class: 'problem', role: 'alert' });
  const more = h('div', {});
  const submitButton = h('button', { type: 'submit', class: kind }, submit ?? 'Close');
  const form = h(
    'form',
    {},
    h('h2', { id: 'dialog-title' }, title),
    content,
    problem,
    more,
    h(
      'div',
      { class: 'buttons' },
      submitButton,
      submit === undefined ? undefined : h('button', { type: 'button', 'data-close': true }, 'Cancel'),
    ),
  );
  const dialog = h('dialog', { 'aria-labelledby': 'dialog-title' }, form);
  const { activeElement: opener } = document;

  async function send() {
    problem.replaceChildren();
    submitButton.disabled = true;
    try {
      await onSubmit?.(valuesOf(form));
      dialog.close();
    } catch (error) {
      const words = error instanceof Refused ? toWords?.(error) : undefined;
      problem.replaceChildren(h('p', {}, ...prose(words ?? error.message)));
      if (error instanceof Refused)
        more.replaceChildren(...[onRefused?.(error, valuesOf(form)) ?? []].flat());
      // What has to be answered now comes first.
      more.querySelector('input, textarea, button')?.focus();
    } finally {
      submitButton.disabled = false;
    }
  }

  form.addEventListener('submit', event => {
    event.preventDefault();
    void send();
  });
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog || target.closest?.('[data-close]')) dialog.close();
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (!opener?.isConnected) document.getElementById('main').focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  (form.querySelector('[data-first]') ?? form.querySelector('input, select, button'))?.focus();
  return dialog;
}

const valuesOf = form => {
  const data = new FormData(form);
  return Object.fromEntries([...data.keys()].map(name => [name, String(data.get(name)).trim()]));
};

export const textField = (name, label, { hint, ...attributes } = {}) =>
  h(
    'p',
    { class: 'field' },
    h('label', { for: `field-${name}` }, label),
    h('input', {
      id: `field-${name}`,
      name,
      autocomplete: 'off',
      'aria-describedby': hint && `hint-${name}`,
      ...attributes,
    }),
    hint ? h('span', { class: 'hint', id: `hint-${name}` }, hint) : undefined,
  );

export const reasonField = () =>
  textField('reason', 'Reason', {
    required: true,
    maxlength: 500,
    hint: 'Goes into the log and the list of moves.',
    'data-first': true,
  });

export const checkField = (name, label) =>
  h(
    'p',
    { class: 'field check' },
    h('label', {}, h('input', { type: 'checkbox', name, value: 'yes' }), ' ', label),
  );

/** @param options `[value, text]`; the first is chosen */
export const choice = (name, legend, options) =>
  h(
    'fieldset',
    {},
    h('legend', {}, legend),
    options.map(([value, text], at) =>
      h(
        'label',
        { class: 'option' },
        h('input', { type: 'radio', name, value, checked: at === 0 }),
        ' ',
        text,
      ),
    ),
  );
