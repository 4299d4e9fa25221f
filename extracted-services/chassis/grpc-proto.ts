import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** The definition of one service of a `.proto` file, such as `shop.products.v1.Stock`. Throws a TypeError if it is not there. */
export function loadService(file: string, name: string): ServiceDefinition<UntypedServiceImplementation> {
  // Names as in the file, 64-bit numbers as numbers: the services bound them to safe integers.
  const definitions = loadSync(file, { keepCase: true, longs: Number, enums: String, defaults: true });
  const definition = definitions[name];
  if (definition === undefined || 'format' in definition) {
    throw new TypeError(`${file} has no service ${name}`);
  }
  return definition as ServiceDefinition<UntypedServiceImplementation>;
}
