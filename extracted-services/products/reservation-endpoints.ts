import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { toTraceparent } from '../chassis/trace.ts';
import type { Repository } from './repository.ts';
import type { Reservation } from './reservation.ts';
import { parseReservationId, parseWanted, toProblem } from './reservation-requests.ts';
import { commit, type Outcome, release, reserve, type When } from './stock.ts';

export interface ReservationOptions {
  readonly repository: Repository;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Reserving over REST; `grpc.ts` does the same over gRPC. */
export function createReservationEndpoints({ repository, now }: ReservationOptions): readonly Endpoint[] {
  const access = { scopes: ['stock:reserve'] };
  const whenOf = (call: Call): When => ({ now: now(), traceparent: toTraceparent(call.trace) });
  return [
    {
      method: 'PUT',
      path: '/v1/reservations/:id',
      access,
      async handle(call) {
        const outcome = await reserve(
          repository,
          parseWanted(call.params.id ?? '', call.json()),
          whenOf(call),
        );
        return toAnswer(outcome, outcome.kind === 'done' && outcome.isNew ? 201 : 200);
      },
    },
    {
      method: 'GET',
      path: '/v1/reservations/:id',
      access,
      async handle(call) {
        const reservation = await repository.reservation(idOf(call));
        if (!reservation) throw toProblem({ kind: 'unknown' });
        return { status: 200, body: toJson(reservation) };
      },
    },
    {
      method: 'POST',
      path: '/v1/reservations/:id/commit',
      access,
      handle: async call => toAnswer(await commit(repository, idOf(call), whenOf(call)), 200),
    },
    {
      method: 'POST',
      path: '/v1/reservations/:id/release',
      access,
      handle: async call => toAnswer(await release(repository, idOf(call), whenOf(call)), 200),
    },
  ];
}

const idOf = ({ params }: Call): string => parseReservationId(params.id ?? '');

function toAnswer(outcome: Outcome, status: number): Answer {
  if (outcome.kind !== 'done') throw toProblem(outcome);
  return { status, body: toJson(outcome.reservation) };
}

/** As it is answered, over both protocols. */
export const toJson = ({ id, state, expiresAt, lines }: Reservation) => ({
  reservation_id: id,
  state,
  expires_at: new Date(expiresAt).toISOString(),
  lines: lines.map(({ productId, quantity }) => ({ product_id: productId, quantity })),
});
