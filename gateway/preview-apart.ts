import { extname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Environment } from './config/environment.ts';
import type { RoutePreview } from './routing/preview.ts';
import type { Recent, RecentPart } from './telemetry/recent-requests.ts';

/** Files as text, the main one first. */
export type Texts = readonly { readonly file: string; readonly text: string }[];

export interface PreviewAsk {
  /** What runs. */
  readonly before: Texts;
  /** Undefined: as the file is on disk by now. */
  readonly after: Texts | undefined;
  readonly env: Environment;
  readonly recent: Recent;
}

/** `preview` is undefined where the files have errors. */
export interface PreviewOutcome {
  readonly preview: RoutePreview | undefined;
  /** Each as one line. */
  readonly problems: readonly string[];
  /** Fields and the like that the new table matches on, and of which nothing was kept. */
  readonly notes: readonly string[];
}

/** What the thread is started with. */
export interface PreviewTask extends Omit<PreviewAsk, 'recent'> {
  readonly key: string;
  readonly parts: number;
}

/** What the thread is given afterwards. */
export type PreviewPart = RecentPart;

const heapMiB = 768;
/** Milliseconds that a preview may take. */
const patience = 60_000;

/** One thread for each preview, so that neither requests nor a reload wait for it. Rejects if it fails. */
export async function previewApart({ recent, ...ask }: PreviewAsk): Promise<PreviewOutcome> {
  const task: PreviewTask = { ...ask, env: { ...ask.env }, key: recent.key, parts: recent.parts.length };
  // The package is JavaScript, the checkout TypeScript.
  const worker = new Worker(new URL(`./preview-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: task,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  worker.unref();
  const outcome = new Promise<PreviewOutcome>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', code => reject(new Error(`the thread of the preview ended with ${code}`)));
  });
  const late = setTimeout(() => void worker.terminate(), patience);
  try {
    for (const part of recent.parts) {
      worker.postMessage(part satisfies PreviewPart);
      await nextTurn();
    }
    return await outcome;
  } finally {
    clearTimeout(late);
    outcome.catch(() => undefined);
    await worker.terminate();
  }
}
