/** `npm run fuzz`: what strangers choose, at random, against a real gateway. The tests run a few seconds of the same. */
import { parseArgs } from 'node:util';
import type { Kind } from './kind.ts';
import { type Kinds, names, openKinds } from './kinds.ts';

const usage = `npm run fuzz -- [options]      ends with 1 at the first failure, and says how to see it again

  --only LIST      some of ${names.join(',')}
  --seconds N      how long (60)
  --seed N         where to begin; the same seed tries the same inputs (a random one)
`;

/** Inputs of one kind before the next has its turn, and the gateway is looked at. */
const runs = 300;
/** Growth of memory beyond which something is kept that should not be, from the second look on. */
const growthBound = 128 * 1024 * 1024;

const options = {
  only: { type: 'string', default: names.join(',') },
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  help: { type: 'boolean', default: false },
} as const;

interface Wanted {
  readonly only: readonly string[];
  readonly seconds: number;
  readonly seed: number;
}

function leave(text: string, code: number): never {
  process[code === 0 ? 'stdout' : 'stderr'].write(text);
  process.exit(code);
}

function whole(name: string, text: string): number {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= 0
    ? number
    : leave(`--${name} takes a whole number, got ${text}\n`, 3);
}

function readArguments(): Wanted {
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    return leave(`${error instanceof Error ? error.message : error}\n\n${usage}`, 3);
  }
  if (values.help) leave(usage, 0);
  const only = (values.only ?? '').split(',').map(name => name.trim());
  const unknown = only.find(name => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) leave(`--only: there is no kind ${unknown}\n\n${usage}`, 3);
  return { only, seconds: whole('seconds', values.seconds ?? ''), seed: whole('seed', values.seed ?? '') };
}

/** One round of a kind, and a look at the gateway; what went wrong, if anything did. */
async function tryOut(kind: Kind, seed: number, milliseconds: number, { target }: Kinds) {
  const { runs: tried, failure } = await kind.round({ seed, runs, milliseconds });
  if (failure !== undefined) return { tried, wrong: `${failure.reason}\ninput: ${failure.input}` };
  const wrong = await target.expectAlive().then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { tried, wrong };
}

async function fuzz({ only, seconds, seed }: Wanted, kinds: Kinds): Promise<number> {
  const chosen = kinds.all.filter(({ name }) => only.includes(name));
  const end = performance.now() + seconds * 1000;
  let tried = 0;
  let first: number | undefined;
  for (let turn = 0; performance.now() < end; turn++) {
    for (const kind of chosen) {
      const left = end - performance.now();
      if (left <= 0) break;
      const result = await tryOut(kind, seed + turn, left, kinds);
      tried += result.tried;
      if (result.wrong !== undefined) {
        const again = `npm run fuzz -- --only ${kind.name} --seed ${seed + turn}`;
        process.stderr.write(`\n${kind.name}, seed ${seed + turn}: ${result.wrong}\nagain: ${again}\n`);
        return 1;
      }
    }
    const memory = await kinds.target.memory();
    if (turn > 0) first ??= memory;
    process.stdout.write(`seed ${seed + turn}: ${tried} inputs, ${Math.round(memory / 1024 / 1024)} MiB\n`);
    if (first !== undefined && memory > first + growthBound) {
      process.stderr.write(`memory grew by ${Math.round((memory - first) / 1024 / 1024)} MiB\n`);
      return 1;
    }
  }
  return 0;
}

const wanted = readArguments();
const kinds = await openKinds();
const code = await fuzz(wanted, kinds);
await kinds[Symbol.asyncDispose]();
process.exit(code);
