import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Stop } from './command.ts';
import { firstFile, type Seen } from './first-file.ts';
import { configFile } from './load.ts';

const patienceMs = 5000;

export const init: Command = {
  name: 'init',
  summary: 'writes a first routes file for a monolith',
  args: [{ name: '<legacy>', means: 'address of the monolith, such as http://127.0.0.1:4000' }],
  options: [
    { flags: '--force', means: 'overwrite the file, and write it even if nothing answers at the address' },
  ],
  hasJson: false,
  examples: [
    { line: 'figway init http://127.0.0.1:4000', does: 'writes routes.yaml' },
    { line: 'figway init https://shop.example.com --config shop.yaml', does: 'writes shop.yaml' },
  ],
  notes: ['Asks the address once (GET /). Overwrites nothing without --force.'],
  async run(call) {
    const { print, options } = call;
    const origin = toOrigin(call.args[0] ?? '');
    const file = configFile(call);
    const isForced = options.flag('force');
    const seen = await print.during(`asking ${origin}`, look(origin)).catch((error: unknown) => {
      if (isForced) return undefined;
      throw error;
    });
    const text = firstFile(origin, schemaPath(file), seen);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: isForced ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new Stop(3, `${file} is there already; --force overwrites it`) : error;
    });
    const answered = seen === undefined ? 'does not answer' : `answered GET / with ${seen.status}`;
    print.line(`${file} written: all traffic goes to ${origin}, which ${answered}`);
    print.line('Next:');
    const config = file === 'routes.yaml' ? '' : ` --config ${file}`;
    print.line(`  figway check${config}    looks at the file`);
    print.line(`  figway start${config}    runs the gateway in front of ${origin}`);
    return 0;
  },
};

function toOrigin(given: string): string {
  const isUrl = URL.canParse(given) && /^https?:\/\//i.test(given);
  const url = isUrl ? new URL(given) : undefined;
  if (url === undefined || url.pathname !== '/' || url.search + url.hash + url.username + url.password !== '')
    throw new Stop(
      3,
      `expected the monolith's address, such as http://127.0.0.1:4000, without path, query or user, got ${JSON.stringify(given)}`,
    );
  return url.origin;
}

/** One GET of `/`; the body is not read. */
async function look(origin: string): Promise<Seen> {
  const response = await fetch(`${origin}/`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(patienceMs),
  }).catch((error: Error & { cause?: NodeJS.ErrnoException }) => {
    const why = error.name === 'TimeoutError' ? `no answer within ${patienceMs / 1000} s` : error.cause?.code;
    throw new Stop(
      3,
      `${origin} does not answer (${why ?? error.message}); --force writes the file all the same`,
    );
  });
  await response.body?.cancel();
  const cookies = response.headers.getSetCookie().map(cookie => cookie.split('=')[0]?.trim() ?? '');
  return { status: response.status, cookies };
}

function schemaPath(file: string): string {
  const schema = fileURLToPath(new URL('../routes.schema.json', import.meta.url));
  const path = relative(dirname(resolve(file)), schema);
  return path.startsWith('.') ? path : `./${path}`;
}
