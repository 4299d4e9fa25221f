/** Loaded into a gateway with `--import`: answers over the IPC channel how long its event loop stalled. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

export interface ProbeAnswer {
  /** Resident memory of the process, bytes. */
  readonly rss: number;
  /** Longest time in milliseconds that the event loop came late since the probe before. */
  readonly stall: number;
}

/** Milliseconds between two samples; they are part of what the histogram records. */
const resolution = 1;

if (isMainThread && process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  process.on('message', () => {
    const stall = Math.max(0, delay.max / 1e6 - resolution);
    delay.reset();
    const answer: ProbeAnswer = { rss: process.memoryUsage.rss(), stall };
    process.send?.(answer);
  });
  process.channel?.unref();
}
