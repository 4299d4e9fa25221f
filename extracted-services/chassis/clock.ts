/** Where time comes from, so that a test can hold it still. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  wall(): number;
  /** Monotonic, milliseconds. */
  now(): number;
  /** Calls once after `ms`; returns how to cancel. It never keeps the process alive. */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
