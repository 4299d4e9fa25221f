/** The monolith, the products service, and what moves data between them, in one process over real sockets. */
import { startAntiCorruption } from '../../extracted-services/anti-corruption/service.ts';
import { startChangeCapture } from '../../extracted-services/change-capture/service.ts';
import { type Bus, openBus } from '../../extracted-services/chassis/events/bus.ts';
import { createOutgoing } from '../../extracted-services/chassis/outgoing.ts';
import type { Service } from '../../extracted-services/chassis/service.ts';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { createInternalClient, feedOf, type InternalClient, internalToken } from './internal-client.ts';
import { openProducts, type ProductsRig } from './products.ts';
import { openTempFolder } from './temp-folder.ts';

export interface EstateRig extends AsyncDisposable {
  readonly monolith: Monolith;
  readonly internal: InternalClient;
  readonly products: ProductsRig;
  readonly folder: string;
  /** Another bus on the same file. */
  readonly bus: Bus;
  startCapture(): Promise<Service>;
  /** @param ordersUrl where the orders service is; nothing is there by default. */
  startLayer(ordersUrl?: string): Promise<Service>;
}

export async function openEstateRig(options: { readonly keptChanges?: number } = {}): Promise<EstateRig> {
  const cleanup = new AsyncDisposableStack();
  const folder = cleanup.use(await openTempFolder());
  const monolith = await startMonolith({
    port: 0,
    database: `${folder.path}/legacy.db`,
    internalToken,
    ...options,
  });
  cleanup.defer(() => monolith.close());
  const legacy = () => feedOf(monolith.url);
  const products = cleanup.use(await openProducts({ legacy: legacy() }));
  const place = { bus: { file: products.busFile } };
  const bus = await openBus({ file: products.busFile });
  cleanup.defer(() => bus.close());
  const keep = (service: Service): Service => {
    cleanup.defer(() => service.close());
    return service;
  };
  return {
    monolith,
    internal: createInternalClient(() => monolith.url),
    products,
    folder: folder.path,
    bus,
    startCapture: async () =>
      keep(
        await startChangeCapture({
          ...place,
          database: { file: `${folder.path}/capture.db` },
          legacy: legacy(),
        }),
      ),
    startLayer: async (ordersUrl = 'http://127.0.0.1:1') =>
      keep(
        await startAntiCorruption({
          ...place,
          legacy: legacy(),
          orders: createOutgoing({ name: 'orders', baseUrl: ordersUrl, attempts: 1 }),
          backoff: 1,
        }),
      ),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}
