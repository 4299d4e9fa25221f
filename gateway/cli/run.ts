import { type ExitCode, Stop } from './command.ts';
import { createPrint } from './print.ts';
import { parse } from './program.ts';

/** One call of `figway`, from its words to its exit code. A mistake of the user's is one line, never a stack trace. */
export async function run(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  const print = createPrint(process.stdout, process.stderr);
  try {
    return await parse(words, print, env);
  } catch (error) {
    const told = toStop(error);
    if (told === undefined) throw error;
    print.error(told.message);
    return told.exitCode;
  }
}

/** Files and sockets that are not as they should be; anything else is a fault of ours and keeps its stack. */
function toStop(error: unknown): Stop | undefined {
  if (error instanceof Stop) return error;
  const { code, syscall, path, message, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (typeof code !== 'string' || syscall === undefined) return undefined;
  if (syscall === 'listen') return new Stop(3, `${address}:${port}: ${listenErrors[code] ?? code}`);
  const known = systemErrors[code];
  return new Stop(3, known === undefined || path === undefined ? message : `${path}: ${known}`);
}

const listenErrors: Record<string, string> = {
  EADDRINUSE: 'cannot listen, another process does',
  EACCES: 'cannot listen, permission denied',
  EADDRNOTAVAIL: 'cannot listen, this machine has no such address',
};

const systemErrors: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on the device',
};
