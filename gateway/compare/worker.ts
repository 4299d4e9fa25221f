/** The thread that `thread.ts` speaks to: for each batch of pairs it says what came of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { compareAnswers } from './compare.ts';
import type { Answer } from './comparison.ts';
import { toKeptAnswer, toKeptDifference } from './keep.ts';
import { clientOf, fingerprintOf } from './request-hash.ts';
import { type CompiledRules, compileRules } from './rules.ts';
import type { RulesOrder } from './shadowing.ts';
import type {
  FromWorker,
  PackedAnswer,
  PackedPair,
  PairResult,
  Stretch,
  ToWorker,
  WorkerData,
} from './worker-messages.ts';

interface Ready {
  readonly order: RulesOrder;
  rules: CompiledRules;
}

/** Of the process, so that a thread that is started again tells the same shapes. */
const { shapeKey } = workerData as WorkerData;

const ready = new Map<string, Ready>();

const port = parentPort;
if (port === null) throw new TypeError('worker.ts runs in a worker thread');

port.on('message', (message: ToWorker) => {
  if (message.kind === 'forget') ready.clear();
  else if (message.kind === 'rules') addRules(message.order);
  else
    port.postMessage({ results: message.pairs.map(pair => judge(pair, message.bytes)) } satisfies FromWorker);
});

function addRules(order: RulesOrder): void {
  try {
    ready.set(order.id, { order, rules: compile(order) });
  } catch {
    // The pairs that ask for them say that they are missing.
  }
}

const compile = ({ config, origins, apiKeyHeader }: RulesOrder): CompiledRules =>
  compileRules(config, {
    ...{ origins, now: Date.now(), apiKeyHeader },
    shapeKey: config.keep === 'shapes' ? shapeKey : undefined,
  });

/** Rules with an end are compiled again once it has come. */
function rulesOf(found: Ready): CompiledRules {
  if (found.rules.validUntil <= Date.now()) found.rules = compile(found.order);
  return found.rules;
}

/** One pair that cannot be judged keeps none of the others from it. */
function judge(pair: PackedPair, bytes: ArrayBuffer): PairResult | string {
  try {
    return compare(pair, bytes);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function compare(pair: PackedPair, bytes: ArrayBuffer): PairResult {
  const found = ready.get(pair.rules);
  if (found === undefined) throw new Error('its rules could not be compiled');
  const cut = ({ at, length }: Stretch): Uint8Array => new Uint8Array(bytes, at, length);
  const toAnswer = ({ status, fields, body, digest }: PackedAnswer): Answer => ({
    ...{ status, fields, digest },
    body: cut(body),
  });
  const legacy = toAnswer(pair.legacy);
  const service = toAnswer(pair.service);
  const legacy2 = pair.legacy2 && toAnswer(pair.legacy2);
  const { method, target, who } = pair;
  const rules = rulesOf(found);
  const { keep } = found.order.config;
  const { outcome, differences, isCut, again } = compareAnswers({ method, legacy, service, legacy2 }, rules);
  const facts = { method, target, who, body: pair.upload && cut(pair.upload) };
  const isKept = outcome === 'mismatch' || outcome === 'noise';
  return {
    outcome,
    differences: differences.map(difference => toKeptDifference(difference, keep)),
    isCut,
    again,
    fingerprint: fingerprintOf(facts),
    client: clientOf(who),
    sides: isKept
      ? {
          legacy: toKeptAnswer(legacy, { method, ms: pair.legacy.ms }, rules, keep),
          service: toKeptAnswer(service, { method, ms: pair.service.ms }, rules, keep),
        }
      : undefined,
  };
}
