import { createPace } from './pace.ts';
import { createRandom, type Random } from './random.ts';
import { createVisitor } from './visitor.ts';
import { type Visit, visits } from './visits.ts';

export interface TrafficOptions {
  /** Where the gateway is. */
  readonly url: string;
  /** Requests a second. */
  readonly rate: number;
  /** The same seed makes the same visits, in the same order. */
  readonly seed: number;
  /** Without it, until it is closed. */
  readonly seconds?: number;
  /** Each visit says an address of its own, as a proxy in front would: for a gateway that trusts this machine. */
  readonly hasAddresses?: boolean;
}

export interface Traffic {
  /** Answers so far, by status; 0 where there was none. */
  readonly answers: ReadonlyMap<number, number>;
  /** Visits begun so far, by name. */
  readonly visits: ReadonlyMap<string, number>;
  /** When the time is up and the last answer is there. */
  readonly done: Promise<void>;
  /** Ends it: requests under way are waited for. */
  close(): Promise<void>;
}

/** People at the shop at once, at most. */
const crowd = 8;

/** People come and go at the shop, gently: never more requests a second than the rate, and one at a time for each. */
export function startTraffic({ url, rate, seed, seconds, hasAddresses }: TrafficOptions): Traffic {
  const pace = createPace(rate, seconds);
  const answers = new Map<number, number>();
  const begun = new Map<string, number>();
  let count = 0;
  const keepVisiting = async (): Promise<void> => {
    let isOver = false;
    const turn = async (): Promise<boolean> => {
      isOver = isOver || !(await pace.turn());
      return !isOver;
    };
    while (!isOver) {
      // A number of its own makes a visit the same, whoever else is in the shop.
      const number = count++;
      const random = createRandom(seed * 1_000_003 + number);
      const visit = choose(random);
      add(begun, visit.name);
      const onAnswer = (status: number): void => add(answers, status);
      const from = hasAddresses === true ? { address: addressOf(number) } : {};
      await visit.go(createVisitor({ url, turn, onAnswer, ...from }), random);
    }
  };
  const done = Promise.all(Array.from({ length: crowd }, keepVisiting)).then(() => undefined);
  return {
    answers,
    visits: begun,
    done,
    async close() {
      pace.end();
      await done;
    },
  };
}

/** One of 65,536 in a network that is nobody's (RFC 2544). */
const addressOf = (number: number): string => `198.18.${(number >> 8) & 255}.${number & 255}`;

function choose(random: Random): Visit {
  const all = visits.reduce((sum, { weight }) => sum + weight, 0);
  let left = random.between(1, all);
  const chosen = visits.find(({ weight }) => {
    left -= weight;
    return left <= 0;
  });
  if (!chosen) throw new TypeError('the weights of visits add up to nothing');
  return chosen;
}

const add = <Key>(counts: Map<Key, number>, key: Key): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};
