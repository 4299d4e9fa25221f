import { fileURLToPath } from 'node:url';
import type { GrpcCall, GrpcService } from '../chassis/grpc-server.ts';
import { toTraceparent } from '../chassis/trace.ts';
import { type ReservationOptions, toJson } from './reservation-endpoints.ts';
import { parseReservationId, parseWanted, toProblem } from './reservation-requests.ts';
import { commit, type Outcome, release, reserve, type When } from './stock.ts';

interface ReserveRequest {
  readonly reservation_id: string;
  readonly lines: readonly { readonly product_id: number; readonly quantity: number }[];
  /** 0 where it was not given. */
  readonly expires_in_seconds: number;
}

interface ReservationRequest {
  readonly reservation_id: string;
}

export const stockService = {
  proto: fileURLToPath(new URL('stock.proto', import.meta.url)),
  name: 'shop.products.v1.Stock',
} as const;

/** Reservations over gRPC: `stock.proto`. The same functions as behind REST. */
export function createStockService({ repository, now }: ReservationOptions): GrpcService {
  const whenOf = ({ trace }: GrpcCall): When => ({ now: now(), traceparent: toTraceparent(trace) });
  return {
    ...stockService,
    scopes: ['stock:reserve'],
    methods: {
      async Reserve({ reservation_id: id, lines, expires_in_seconds: seconds }: ReserveRequest, call) {
        const wanted = parseWanted(id, { lines, ...(seconds !== 0 && { expires_in: seconds }) });
        return toReply(await reserve(repository, wanted, whenOf(call)));
      },
      Commit: async (request: ReservationRequest, call) =>
        toReply(await commit(repository, idOf(request), whenOf(call))),
      Release: async (request: ReservationRequest, call) =>
        toReply(await release(repository, idOf(request), whenOf(call))),
      async Get(request: ReservationRequest) {
        const reservation = await repository.reservation(idOf(request));
        if (!reservation) throw toProblem({ kind: 'unknown' });
        return toJson(reservation);
      },
    },
  };
}

const idOf = (request: ReservationRequest): string => parseReservationId(request.reservation_id);

function toReply(outcome: Outcome): object {
  if (outcome.kind !== 'done') throw toProblem(outcome);
  return toJson(outcome.reservation);
}
