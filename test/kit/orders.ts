import { createOutgoing } from '../../extracted-services/chassis/outgoing.ts';
import type { Service } from '../../extracted-services/chassis/service.ts';
import { createPayments } from '../../extracted-services/orders/payments.ts';
import type { FarSides } from '../../extracted-services/orders/perform.ts';
import { type OrdersOptions, startOrders } from '../../extracted-services/orders/service.ts';
import { createStockOverRest } from '../../extracted-services/orders/stock-rest.ts';
import { openTempFolder } from './temp-folder.ts';

/** Products and payments where nobody listens. */
export function nobodyThere(): FarSides {
  const outgoing = (name: string) => createOutgoing({ name, baseUrl: 'http://127.0.0.1:1', attempts: 1 });
  return { stock: createStockOverRest(outgoing('products')), payments: createPayments(outgoing('payments')) };
}

export interface OrdersRig extends AsyncDisposable {
  readonly service: Service;
  readonly url: string;
  /** The bus that it listens to. */
  readonly busFile: string;
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

/** An orders service on a free port, which asks for no token and knows nobody, unless `options` says otherwise. */
export async function openOrders(options: Partial<OrdersOptions> = {}): Promise<OrdersRig> {
  const folder = await openTempFolder();
  const log: Record<string, unknown>[] = [];
  const busFile = `${folder.path}/bus.db`;
  const service = await startOrders({
    bus: { file: busFile },
    authority: 'off',
    sides: nobodyThere(),
    ...options,
    more: { log: line => log.push(JSON.parse(line)), ...options.more },
  });
  return {
    service,
    url: service.url,
    busFile,
    log,
    async [Symbol.asyncDispose]() {
      await service.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
