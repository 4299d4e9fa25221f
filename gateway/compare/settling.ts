import type { Exchange } from '../core/exchange.ts';
import { isSafe, type Side } from '../core/vocabulary.ts';
import { Copy, type CopyDeps } from './copy.ts';
import { type Heard, judgePair } from './heard.ts';
import { toJob } from './jobs.ts';
import { hasBody } from './reasking.ts';
import { mayCarry } from './sampling.ts';
import type { Shadowing } from './shadowing.ts';
import type { ComparingThread } from './thread.ts';

/** Mismatches that may wait to be asked again at once; others stay what they are. */
const room = 16;

/** Asks both sides once more after a mismatch: one that is gone by then was the service lagging behind. */
export interface Settling {
  /** False if it is not asked, and then `hear` is never called; else it hears once whether both agree now. */
  ask(exchange: Exchange, shadowing: Shadowing, hear: (verdict: 'agree' | 'differ') => void): boolean;
  readonly waiting: number;
  /** What waits differs. */
  abandon(): void;
}

export interface SettlingDeps extends CopyDeps {
  readonly thread: ComparingThread;
}

export function createSettling(deps: SettlingDeps): Settling {
  const ends = new Set<() => void>();

  const start = (
    exchange: Exchange,
    shadowing: Shadowing,
    hear: (verdict: 'agree' | 'differ') => void,
  ): void => {
    const copies: Copy[] = [];
    const heard = new Map<Side, Heard>();
    const end = (verdict: 'agree' | 'differ'): void => {
      if (!ends.delete(abandon)) return;
      cancel();
      for (const copy of copies) copy.drop();
      hear(verdict);
    };
    const abandon = (): void => end('differ');
    ends.add(abandon);

    const compare = (legacy: Heard, service: Heard): void => {
      const isFit = judgePair(legacy, service).kind === 'comparable';
      if (!isFit || legacy.kind !== 'answered' || service.kind !== 'answered') {
        abandon();
        return;
      }
      const pair = { legacy, service, legacy2: undefined, upload: [] };
      const job = toJob(exchange, shadowing, pair, result =>
        end(result?.outcome === 'match' || result?.outcome === 'excused' ? 'agree' : 'differ'),
      );
      if (!deps.thread.compare(job)) abandon();
    };

    const askSide = (side: Side): void => {
      const order = { exchange, leg: shadowing.legs[side], upload: [], maxBody: shadowing.config.maxBody };
      const copy = new Copy(order, deps, seen => {
        if (!ends.has(abandon)) return;
        heard.set(side, seen);
        const [legacy, service] = [heard.get('legacy'), heard.get('service')];
        if (legacy !== undefined && service !== undefined) compare(legacy, service);
      });
      copies.push(copy);
      copy.send();
    };

    const cancel = deps.clock.after(shadowing.config.settle, () => {
      askSide('legacy');
      askSide('service');
    });
  };

  return {
    ask(exchange, shadowing, hear) {
      const { config } = shadowing;
      if (config.settle === 0 || ends.size >= room) return false;
      if (!isSafe(exchange.method) || hasBody(exchange) || !mayCarry(exchange, config)) return false;
      start(exchange, shadowing, hear);
      return true;
    },
    get waiting() {
      return ends.size;
    },
    abandon() {
      for (const end of [...ends]) end();
    },
  };
}
