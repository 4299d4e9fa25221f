import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';

/** A service as the process that it is in production. */
export interface MainProcess {
  readonly child: ChildProcess;
  /** Resolves with the address that it says it listens on. */
  listening(): Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

const started = new Set<ChildProcess>();

/** Starts `main.ts` of a service. What is still running is ended by `stopMains`. */
export function runMain(
  file: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): MainProcess {
  const child = spawn(process.execPath, [file, ...args], { env: { ...process.env, ...env } });
  started.add(child);
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    texts.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    texts.err += chunk;
  });
  const line = (): string | undefined =>
    texts.out.split('\n').find(text => text.includes('"msg":"listening"'));
  return {
    child,
    async listening() {
      await expect.poll(line).toBeDefined();
      return (JSON.parse(line() ?? '') as { url: string }).url;
    },
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts })),
  };
}

/** For `afterEach`. */
export async function stopMains(): Promise<void> {
  const running = [...started].filter(child => child.exitCode === null && child.signalCode === null);
  started.clear();
  await Promise.all(
    running.map(async child => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }),
  );
}
