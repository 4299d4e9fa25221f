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
    h('p', { class: 'dim' }, 'This gateway asks who you are before it shows or moves anything.'),
    textField('token', 'Token', {
      type: 'password',
      required: true,
      maxlength: 512,
      hint: 'One of those in admin.tokens of routes.yaml; there stands its SHA-256. Whoever runs the gateway gives it out.',
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
