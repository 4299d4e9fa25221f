import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most of the time goes by in waiting for processes and sockets.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // On a shared machine a process may stand still for seconds. A test that passes the second time is named in the report.
    retry: process.env.CI ? 1 : 0,
    // Waiting for a condition takes as long as the machine is busy; a condition that never comes still fails.
    expect: { poll: { timeout: 10_000 } },
  },
});
