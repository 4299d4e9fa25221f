import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type TlsTexts, toTlsOptions } from '../config/tls.ts';
import type { Clock } from '../core/clock.ts';
import type { Instance } from './upstream.ts';

/** Milliseconds from one probe to the next, give or take a tenth, so that gateways do not probe in step. */
const interval = 5000;
/** Milliseconds to the head of the answer. */
const timeout = 2000;
/** So many probes in a row that fail take an instance out; so many that succeed bring it back. */
const failuresOut = 2;
const successesIn = 2;

export interface HealthSettings {
  /** The path to GET; an answer from 200 to 399 is healthy. */
  readonly path: string;
  readonly tls: TlsTexts | undefined;
  readonly instances: readonly Instance[];
  /** What the last probes say of an instance: why it is not healthy, or undefined. Told after every probe. */
  readonly report: (instance: Instance, why: string | undefined) => void;
}

/**
 * Asks each instance every 5 s how it is, each time on a connection of its own, so that a full pool of connections is
 * not mistaken for a dead instance. Never keeps the process alive.
 */
export function createHealth(settings: HealthSettings, clock: Clock): { close(): void } {
  const watches = settings.instances.map(instance => watch(instance, settings, clock));
  return {
    close() {
      for (const stop of watches) stop();
    },
  };
}

function watch(instance: Instance, settings: HealthSettings, clock: Clock): () => void {
  let why: string | undefined;
  /** Probes in a row that contradict `why`. */
  let contrary = 0;
  let cancel = clock.after(Math.random() * 0.1 * interval, probe);

  function probe(): void {
    cancel = ask(instance, settings, clock, problem => {
      const isContrary = (problem === undefined) !== (why === undefined);
      contrary++;
      if (!isContrary || contrary >= (why === undefined ? failuresOut : successesIn)) {
        why = problem;
        contrary = 0;
      }
      settings.report(instance, why);
      cancel = clock.after(interval * (0.9 + Math.random() * 0.2), probe);
    });
  }

  return () => cancel();
}

/** One probe. Calls `done` once, with what is wrong, unless it is cancelled before. */
function ask(
  instance: Instance,
  { path, tls }: HealthSettings,
  clock: Clock,
  done: (problem: string | undefined) => void,
): () => void {
  const options: RequestOptions = {
    agent: false,
    headers: { host: instance.authority, 'user-agent': 'figway' },
  };
  const isSecure = instance.origin.startsWith('https:');
  const request = (isSecure ? requestHttps : requestHttp)(`${instance.origin}${path}`, {
    ...options,
    ...toTlsOptions(tls),
  });
  let isOver = false;
  const stopTimer = clock.after(timeout, () => end(`GET ${path} had no answer in ${timeout} ms`));

  const stop = (): void => {
    isOver = true;
    stopTimer();
    request.destroy();
  };
  const end = (problem: string | undefined): void => {
    if (isOver) return;
    stop();
    done(problem);
  };

  request.on('socket', socket => socket.unref());
  request.on('error', error => end(`GET ${path} failed: ${error.message}`));
  request.on('upgrade', () => end(`GET ${path} answered 101`));
  request.on('response', response => {
    const status = response.statusCode ?? 0;
    end(status >= 200 && status < 400 ? undefined : `GET ${path} answered ${status}`);
  });
  request.end();
  return stop;
}
