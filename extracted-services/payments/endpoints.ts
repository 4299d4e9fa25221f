import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { requireIdempotencyKey } from '../chassis/idempotency-key.ts';
import { Problem } from '../chassis/problem.ts';
import { parseAmount, parseWanted } from './card.ts';
import type { Cashier, Done, Request } from './cashier.ts';
import type { OperationKind, Payment } from './payment.ts';
import { toPaymentJson } from './payment-json.ts';
import type { Repository } from './repository.ts';

const maxListed = 100;
const maxOrders = 50;

/** All that the service answers beside the chassis’ own: one line for each. */
export function createEndpoints(repository: Repository, cashier: Cashier): readonly Endpoint[] {
  const write = { scopes: ['payments:write'] };
  const read = { scopes: ['payments:read'] };
  const operation = (kind: Exclude<OperationKind, 'authorise'>): Endpoint => ({
    method: 'POST',
    path: `/v1/payments/:id/${kind}`,
    access: write,
    handle: async call =>
      toAnswer(await cashier.operate(kind, call.params.id ?? '', amountOf(kind, call), requestOf(call))),
  });
  return [
    {
      method: 'POST',
      path: '/v1/payments',
      access: write,
      handle: async call => toAnswer(await cashier.authorise(parseWanted(call.json()), requestOf(call))),
    },
    operation('capture'),
    operation('refund'),
    operation('void'),
    { method: 'GET', path: '/v1/payments', access: read, handle: call => listPayments(repository, call) },
    { method: 'GET', path: '/v1/payments/:id', access: read, handle: call => onePayment(repository, call) },
  ];
}

const requestOf = (call: Call): Request => ({ key: requireIdempotencyKey(call), trace: call.trace });

const amountOf = (kind: OperationKind, call: Call): number | undefined =>
  kind === 'void' || call.body.length === 0 ? undefined : parseAmount(call.json());

function toAnswer({ answer, isReplay }: Done): Answer {
  const headers = { ...answer.headers, ...(isReplay && { 'idempotent-replayed': 'true' }) };
  if (answer.status !== 402) return { ...answer, headers };
  const { reason } = answer.body as { readonly reason?: string };
  throw new Problem(402, 'card-declined', `the card was declined: ${reason}`, { headers });
}

/** A person sees their own payments; services and staff see all. */
const ownerOf = ({ caller }: Call): string | undefined =>
  caller.client !== undefined || caller.roles.includes('staff') ? undefined : caller.sub;

async function listPayments(repository: Repository, call: Call): Promise<Answer> {
  const orderIds = call.query.getAll('order_id');
  if (orderIds.length > maxOrders) {
    const detail = `expected at most ${maxOrders}, got ${orderIds.length}`;
    throw new Problem(400, 'bad-query', `order_id: ${detail}`, { errors: [{ field: 'order_id', detail }] });
  }
  const payments = await repository.list({ orderIds, userId: ownerOf(call), limit: maxListed });
  return { status: 200, body: { payments: payments.map(toPaymentJson) } };
}

async function onePayment(repository: Repository, call: Call): Promise<Answer> {
  const payment = await repository.find(call.params.id ?? '');
  if (payment && isFor(payment, ownerOf(call))) return { status: 200, body: toPaymentJson(payment) };
  throw new Problem(404, 'payment-not-found', 'there is no such payment');
}

const isFor = (payment: Payment, owner: string | undefined): boolean =>
  owner === undefined || payment.userId === owner;
