import { h } from './dom.js';
import { count, counted, duration, time } from './format.js';
import { figure, pill, section, sentences } from './parts.js';

/** What legacy still did for a route: whether its code may go. */
export function leftoversSection(leftovers) {
  if (leftovers === undefined) return undefined;
  const { isDead, since, quiet, reasons } = leftovers;
  const kinds = [
    ['served by legacy', leftovers.legacyServed],
    ['fallbacks', leftovers.fallbacks],
    ['holds', leftovers.holds],
    ['near misses', leftovers.nearMisses],
  ];
  return section(
    'leftovers',
    'What legacy still does',
    h(
      'p',
      {},
      isDead ? pill('ready', '✓ dead: its code may go') : pill('pending', '… not yet'),
      since ? [' quiet since ', time(since)] : '',
      quiet === undefined ? '' : h('span', { class: 'dim' }, ` · asked for: ${quietText(quiet)}`),
    ),
    sentences(reasons),
    h(
      'dl',
      { class: 'figures' },
      kinds.map(([name, { count: times, lastAt }]) =>
        figure(count(times), name, lastAt && ['last ', time(lastAt)]),
      ),
    ),
  );
}

const dayMs = 86_400_000;

const quietText = quiet =>
  quiet < dayMs ? duration(quiet) : counted(Number((quiet / dayMs).toFixed(1)), 'day');
