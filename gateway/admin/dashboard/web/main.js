/** The dashboard: shows the page of the address, keeps it fresh, and does what its buttons say. */
import { actions } from './actions.js';
import { get, post, Refused } from './api.js';
import { h, morphChildren } from './dom.js';
import { listen, toSentence } from './live.js';
import { loginForm } from './login-form.js';
import { findPage } from './router.js';
import { stepThroughRows } from './row-keys.js';
import { refusedConfig, top } from './top.js';

/** Milliseconds between two looks at the counters; what happens is told at once. */
const pollPause = 5000;
/** Events that follow each other closely are one refresh. */
const gatherPause = 150;
const sayFor = 8000;
/** Sentences that are said at once: a move comes with the config that it made. */
const mostSaid = 3;

const [topElement, main, said] = ['top', 'main', 'said'].map(id => document.getElementById(id));
const page = {
  session: undefined,
  status: undefined,
  place: undefined,
  data: undefined,
  filters: {},
  connection: undefined,
};
let live;
let turn = 0;
let refreshTimer;
let isGathering = false;
let sayTimer;

/** Beside what was said just before, which nobody has had the time to read. */
function say(text) {
  clearTimeout(sayTimer);
  const lines = [...said.children].filter(line => !text.startsWith(line.textContent)).slice(1 - mostSaid);
  said.replaceChildren(...lines, h('span', { class: 'said' }, text));
  sayTimer = setTimeout(() => said.replaceChildren(), sayFor);
}

/** Asks for what the page shows and draws it; of two that overlap the newer one counts. */
async function refresh() {
  clearTimeout(refreshTimer);
  const mine = ++turn;
  const { place } = page;
  try {
    const [status, data] = await Promise.all([get('/api/status'), place.view.load(place.params, page)]);
    if (mine !== turn) return;
    Object.assign(page, { status, data, failure: undefined });
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Refused && error.status === 401) return lock();
    page.failure =
      error instanceof Refused ? error : new Error('The gateway does not answer; what is shown may be old.');
  } finally {
    if (mine === turn && page.session !== undefined) refreshTimer = setTimeout(refreshIfSeen, pollPause);
  }
  draw();
}

function refreshSoon() {
  if (isGathering) return;
  isGathering = true;
  setTimeout(() => {
    isGathering = false;
    if (page.session !== undefined) void refresh();
  }, gatherPause);
}

function refreshIfSeen() {
  if (document.visibilityState === 'visible') void refresh();
  else refreshTimer = setTimeout(refreshIfSeen, pollPause);
}

function draw() {
  const { place, status, data, failure } = page;
  morphChildren(topElement, top({ ...page, path: place?.path }));
  const shown = [
    failure === undefined
      ? undefined
      : h('div', { class: 'notice bad', role: 'alert', 'data-key': 'failure' }, failure.message),
    failure === undefined || data !== undefined ? undefined : nothingHere(),
    status === undefined ? undefined : refusedConfig(status),
    data === undefined || status === undefined ? undefined : place.view.render(data, page),
  ];
  const parts = shown.flat(9).filter(Boolean);
  morphChildren(main, parts.length === 0 ? [h('p', { class: 'dim' }, 'Loading …')] : parts);
  if (data !== undefined) place.view.after?.(main, data);
}

const nothingHere = () => [
  h('h1', {}, 'Nothing to show here'),
  h('p', {}, 'The address may be old: ', h('a', { href: '#/' }, 'the overview'), ' has all routes.'),
];

async function navigate() {
  const isFirst = page.place === undefined;
  Object.assign(page, { place: findPage(location.hash), data: undefined, failure: undefined });
  document.title = `${page.place.view.title(page.place.params)} · Figway`;
  await refresh();
  if (isFirst) return;
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

/** Nobody is logged in, or no longer. */
function lock() {
  live?.close();
  live = undefined;
  clearTimeout(refreshTimer);
  Object.assign(page, { session: undefined, status: undefined, data: undefined, place: undefined });
  document.title = 'Log in · Figway';
  morphChildren(topElement, top(page));
  main.replaceChildren(loginForm(() => void start()));
  main.querySelector('input').focus();
}

async function start() {
  try {
    page.session = await get('/api/session');
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return lock();
    main.replaceChildren(h('div', { class: 'notice bad', role: 'alert' }, error.message));
    setTimeout(start, pollPause);
    return;
  }
  main.replaceChildren();
  live = listen({
    onState(connection) {
      page.connection = connection;
      if (connection === 'live') void refresh();
      else draw();
    },
    onEvent(name, fields) {
      const sentence = toSentence(name, fields);
      if (sentence !== undefined) say(sentence);
      // Counted every second: only the page of that route has to follow so closely.
      if (name !== 'comparisons-counted' || page.place.params.route === fields.route) refreshSoon();
    },
  });
  await navigate();
}

const tools = {
  say,
  redraw: draw,
  done(text) {
    say(text);
    void refresh();
  },
};

async function act(button) {
  if (button.dataset.do === 'log-out') {
    await post('/api/session/end');
    return lock();
  }
  await actions[button.dataset.do]?.(page, tools, button);
}

document.addEventListener('click', event => {
  const button = event.target.closest?.('[data-do]');
  if (button !== null && button !== undefined) act(button).catch(error => say(error.message));
});

document.addEventListener('input', ({ target }) => {
  const name = target.dataset?.filter;
  if (name === undefined) return;
  page.filters[name] = target.type === 'checkbox' ? target.checked : target.value;
  if (target.dataset.reload === undefined) draw();
  else void refresh();
});

document.addEventListener('submit', event => {
  if (event.target.matches('.filter')) event.preventDefault();
});
document.addEventListener('keydown', stepThroughRows);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && page.session !== undefined) void refresh();
});
addEventListener('hashchange', () => {
  // `#main` is the skip link's.
  if (page.session !== undefined && location.hash !== '#main') void navigate();
});

await start();
