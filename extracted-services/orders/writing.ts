import type { Answer, Call } from '../chassis/endpoint.ts';
import { idempotencyKeyOf } from '../chassis/idempotency-key.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { toId } from '../chassis/person.ts';
import { Problem } from '../chassis/problem.ts';
import { answerTo, noOrder } from './answer.ts';
import { cancelAtLegacy } from './cancel-at-legacy.ts';
import { Refused } from './decide.ts';
import { isOwn, parseNewOrder } from './order.ts';
import { execute, type Occasion } from './order-log.ts';
import { userOf } from './person.ts';
import { placeOrder } from './place-order.ts';
import type { Presenter } from './present.ts';
import type { Projector } from './projector.ts';
import type { Repository } from './repository.ts';
import type { SagaRunner } from './saga-runner.ts';

export interface WritingOptions {
  readonly repository: Repository;
  readonly runner: SagaRunner;
  readonly projector: Projector;
  /** Where the monolith's orders are cancelled; without it they are not. */
  readonly legacy?: LegacyFeed | undefined;
  /** Milliseconds that placing and cancelling wait for the end of the saga. */
  readonly answerWithin: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const occasionOf = ({ now, runner }: WritingOptions, { trace }: Call): Occasion => ({
  now: now(),
  trace,
  lease: runner.lease(),
});

/** `POST /v1/orders`. */
export async function place(options: WritingOptions, present: Presenter, call: Call): Promise<Answer> {
  const { repository, runner, projector } = options;
  const wanted = parseNewOrder(call.json());
  const person = userOf(call.caller);
  if (person !== undefined && person !== wanted.userId) {
    throw new Problem(403, 'not-yours', 'people place orders for themselves');
  }
  const key = idempotencyKeyOf(call);
  const { id, isReplay } = await placeOrder(repository, wanted, key, occasionOf(options, call));
  if (!isReplay) runner.run(id, { card: wanted.card, trace: call.trace });
  const location = `orders/${id}`;
  return end(options, { id, isReplay, location, present, wait: () => projector.catchUp() });
}

/** `POST /v1/orders/:id/cancel`. */
export async function cancel(options: WritingOptions, present: Presenter, call: Call): Promise<Answer> {
  const { repository, runner, projector, legacy } = options;
  const id = toId(call.params.id ?? '');
  const person = userOf(call.caller);
  const { order } = (await repository.load(id)).state;
  if (!order || (person !== undefined && person !== order.userId)) throw noOrder(call.params.id);
  if (isOwn(id)) {
    await cancelOwn(options, id, call);
    runner.run(id, { card: undefined, trace: call.trace });
  } else {
    if (!legacy) throw notPossible('it was placed at the monolith, which has its money');
    await cancelAtLegacy(id, { repository, legacy, occasion: occasionOf(options, call) });
  }
  const location = `../${id}`;
  return end(options, { id, isReplay: false, location, present, wait: () => projector.catchUp() });
}

async function cancelOwn(options: WritingOptions, id: number, call: Call): Promise<void> {
  try {
    await execute(options.repository, id, { kind: 'cancel' }, occasionOf(options, call));
  } catch (error) {
    throw error instanceof Refused ? notPossible(error.message) : error;
  }
}

const notPossible = (detail: string): Problem => new Problem(409, 'order-status', detail);

interface End {
  readonly id: number;
  readonly isReplay: boolean;
  /** Relative to the path of the request. */
  readonly location: string;
  readonly present: Presenter;
  /** For the read model, so that who has placed an order finds it in their list. */
  readonly wait: () => Promise<void>;
}

async function end(options: WritingOptions, { id, isReplay, location, present, wait }: End): Promise<Answer> {
  await options.runner.settled(id, options.answerWithin);
  await wait().catch(() => {});
  const { state } = await options.repository.load(id);
  const headers: Record<string, string> = isReplay ? { 'idempotent-replayed': 'true' } : {};
  return answerTo(state, { present, location, headers });
}
