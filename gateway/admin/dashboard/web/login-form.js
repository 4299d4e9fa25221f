import { post } from './api.js';
import { textField } from './dialog.js';
import { h } from './dom.js';

/** A form that takes a token and calls `onDone` when it was exchanged for a cookie. The token is kept nowhere. */
export function loginForm(onDone) {
  const problem = h('p', { class: 'problem', role: 'alert' });
  const form = h(
    'form',
    { class: 'login panel', 'data-key': 'login' },
    h('h1', {}, 'Log in'),
    textField('token', 'Token', {
      type: 'password',
      required: true,
      maxlength: 512,
      hint: 'The one whose SHA-256 is in admin.tokens.',
      autocomplete: 'current-password',
    }),
    problem,
    h('p', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, 'Log in')),
  );
  form.addEventListener('submit', async event => {
    event.preventDefault();
    problem.replaceChildren();
    const field = form.elements.token;
    try {
      await post('/api/session', { token: field.value });
      onDone();
    } catch (error) {
      problem.replaceChildren(error.message);
      field.select();
    }
  });
  return form;
}
