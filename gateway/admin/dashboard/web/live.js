/** What the stream tells of, and that a page shows. */
export const told = [
  'config-loaded',
  'config-refused',
  'breaker-opened',
  'breaker-half-opened',
  'breaker-closed',
  'instance-ejected',
  'instance-restored',
  'route-moved',
  'route-held',
  'route-released',
  'tripwire-tripped',
  'comparisons-counted',
  'store-failed',
  'store-restored',
  'holds-degraded',
  'holds-restored',
  'worker-started',
  'worker-lost',
  'drain-began',
  'drain-ended',
];

/** Milliseconds. */
const firstPause = 1000;
const longestPause = 30_000;

/**
 * Hears what happens at the gateway, and connects again when the stream breaks: after a second, then twice as long
 * each time. `onState` is told `live` or `polling`.
 */
export function listen({ onEvent, onState }) {
  let source;
  let timer;
  let pause = firstPause;

  function connect() {
    source = new EventSource('/api/events');
    source.addEventListener('open', () => {
      pause = firstPause;
      onState('live');
    });
    source.addEventListener('error', () => {
      source.close();
      onState('polling');
      timer = setTimeout(connect, pause * (0.75 + Math.random() / 2));
      pause = Math.min(pause * 2, longestPause);
    });
    for (const name of told) source.addEventListener(name, ({ data }) => onEvent(name, JSON.parse(data)));
  }

  connect();
  return {
    close() {
      clearTimeout(timer);
      source.close();
    },
  };
}

/** An event in words, for those who hear the page; undefined: not worth a word. */
export function toSentence(name, { route, by, reason, to, upstream, problems, revision }) {
  const sentences = {
    'config-loaded': () => `a new config runs${revision ? `, revision ${revision}` : ''}`,
    'config-refused': () => `the config is refused: ${problems?.[0]?.line ?? ''}`,
    'breaker-opened': () => `the breaker of ${upstream} is open`,
    'breaker-closed': () => `the breaker of ${upstream} is closed again`,
    'route-moved': () => `${route} moved to ${to}, by ${by}`,
    'route-held': () => `${route} is held by ${by}: ${reason}`,
    'route-released': () => `${route} is released by ${by}: ${reason}`,
    'tripwire-tripped': () => `the tripwire of ${route} has tripped: ${reason}`,
    'store-failed': () => 'the store is away',
    'store-restored': () => 'the store is back',
    'drain-began': () => 'the gateway is shutting down',
  };
  return sentences[name]?.();
}
