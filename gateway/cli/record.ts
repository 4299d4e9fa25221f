import { open } from 'node:fs/promises';
import { openAdmin } from './admin-client.ts';
import { type Call, type Command, Stop } from './command.ts';
import { count } from './load.ts';

export const record: Command = {
  name: 'record',
  summary: 'records exchanges as they pass by, redacted, one JSON object a line',
  args: [],
  options: [
    { flags: '--out <file>', means: 'where to; it is replaced' },
    { flags: '--route <route>', means: 'of this route alone' },
    { flags: '--for <duration>', means: 'how long, at most 24h (default 10m); Ctrl-C ends it sooner' },
  ],
  hasJson: true,
  examples: [
    {
      line: 'figway record --out orders.ndjson --route orders-read --for 10m',
      does: 'ten minutes of one route',
    },
    { line: 'figway record --out all.ndjson', does: 'whatever passes by, for ten minutes' },
  ],
  notes: [
    'Works through the admin port of the running gateway, whose tokens need the role operator for it.',
    'Credentials are never recorded, nor what `redact` of the route names; at most 50 lines a second and 256 MiB.',
    '`figway compare replay` reads it; of requests that were copied it has both answers, and `figway compare pairs` reads',
    'those. Exits with 2 if nothing passed by.',
  ],
  async run(call) {
    const file = call.options.text('out');
    if (file === undefined) throw new Stop(3, '--out: expected a file, such as orders.ndjson');
    const query = new URLSearchParams();
    for (const name of ['route', 'for'] as const) {
      const value = name === 'for' ? call.options.duration(name) : call.options.text(name);
      if (value !== undefined) query.set(name, value);
    }
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      const told = await write(call, { file, path: `/api/record?${query}`, signal: stop.signal });
      if (call.options.flag('json')) call.print.json({ file, ...told });
      else tell(call, file, told);
      return told.recorded === 0 ? 2 : 0;
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  },
};

interface Told {
  readonly recorded: number;
  /** As far as the gateway has told. */
  readonly leftOut: number;
  /** `time` and `bytes` are bounds that were reached; `stopped` by the user; `broken` by the gateway. */
  readonly ended: 'time' | 'bytes' | 'closed' | 'stopped' | 'broken';
}

interface Order {
  readonly file: string;
  readonly path: string;
  readonly signal: AbortSignal;
}

/** Writes whole lines only: one that breaks off is left away. What was recorded may be anybody's, so the file is the user's alone. */
async function write(call: Call, { file, path, signal }: Order): Promise<Told> {
  const { splitLines } = await import('../offline/lines.ts');
  const admin = await openAdmin(call);
  const source = await admin.stream(path, signal);
  const out = await open(file, 'w', 0o600);
  let told: Told = { recorded: 0, leftOut: 0, ended: 'broken' };
  let recorded = 0;
  const take = async (): Promise<void> => {
    for await (const line of splitLines(source, maxLine)) {
      if ('fault' in line) continue;
      const remark = remarkIn(line.text);
      if (remark === 'none') continue;
      if (remark !== undefined) {
        told = { ...told, ...remark };
        continue;
      }
      await out.write(`${line.text}\n`);
      recorded++;
    }
  };
  const progress = () => `recording ${recorded}, ${told.leftOut} left out; Ctrl-C ends it`;
  try {
    await call.print.during(progress, take()).catch((error: NodeJS.ErrnoException) => {
      // A full disk is told as it is.
      if (error.syscall === 'write') throw error;
    });
  } finally {
    await out.close();
  }
  return { ...told, recorded, ended: signal.aborted ? 'stopped' : told.ended };
}

const maxLine = 64 * 1024 * 1024;

/** What the gateway says of the recording itself; undefined for an exchange, `none` for half a line. */
function remarkIn(text: string): Partial<Told> | undefined | 'none' {
  try {
    const { figway } = JSON.parse(text) as { figway?: Partial<Told> };
    return figway;
  } catch {
    return 'none';
  }
}

function tell({ print }: Call, file: string, { recorded, leftOut, ended }: Told): void {
  const rest = leftOut > 0 ? `, ${leftOut} left out beyond the bounds` : '';
  print.line(`${file}: ${count(recorded, 'exchange')}${rest}${ends[ended]}`);
}

const ends: Readonly<Record<Told['ended'], string>> = {
  time: '',
  bytes: '; 256 MiB are the bound',
  closed: '; the gateway was stopped',
  stopped: '',
  broken: '; the connection to the gateway broke',
};
