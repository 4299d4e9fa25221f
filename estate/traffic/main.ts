/** `npm run traffic`: people at the shop, for a while. Ends with 0, or with 1 if no request was answered. */
import { parseArgs } from 'node:util';
import { addressOf } from '../wiring.ts';
import { describeTraffic } from './describe-traffic.ts';
import { startTraffic } from './traffic.ts';

const usage = `usage: npm run traffic -- [options]
  --seconds <1 to 86400>   how long; default 60
  --rate <1 to 50>         requests a second; default 5
  --seed <number>          the same seed makes the same visits; default 1`;

const bounds = { seconds: [1, 86_400, 60], rate: [1, 50, 5], seed: [0, 2 ** 31, 1] } as const;
type Name = keyof typeof bounds;

const wanted = read();
const url = `http://${addressOf(process.env, 'FIGWAY')}`;
const traffic = startTraffic({ url, ...wanted });
process.once('SIGINT', () => void traffic.close());
process.once('SIGTERM', () => void traffic.close());
console.log(`about ${wanted.rate} requests a second to ${url}, for ${wanted.seconds} s, seed ${wanted.seed}`);
await traffic.done;
console.log(describeTraffic(traffic));
process.exitCode = [...traffic.answers.keys()].some(status => status !== 0) ? 0 : 1;

function read(): Readonly<Record<Name, number>> {
  try {
    const option = { type: 'string' } as const;
    const { values } = parseArgs({ options: { seconds: option, rate: option, seed: option } });
    const number = (name: Name): number => toNumber(name, values[name]);
    return { seconds: number('seconds'), rate: number('rate'), seed: number('seed') };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(3);
  }
}

function toNumber(name: Name, given: string | undefined): number {
  const [least, most, fallback] = bounds[name];
  const value = given === undefined ? fallback : /^\d{1,10}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`--${name}: expected a whole number from ${least} to ${most}, got ${given}`);
}
