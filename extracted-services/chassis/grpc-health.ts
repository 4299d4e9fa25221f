import { fileURLToPath } from 'node:url';
import {
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadService } from './grpc-proto.ts';

/** The standard health service (grpc.health.v1) for one service of a server; the empty name is the server. */
export interface Health {
  readonly definition: ServiceDefinition<UntypedServiceImplementation>;
  readonly implementation: UntypedServiceImplementation;
  /** Tells NOT_SERVING to whoever watches, and ends their streams. */
  end(): void;
}

interface Request {
  readonly service: string;
}

const proto = fileURLToPath(new URL('health.proto', import.meta.url));

export function createHealth(name: string): Health {
  const watchers = new Set<ServerWritableStream<Request, object>>();
  let isServing = true;
  const statusOf = (service: string): string => {
    if (service !== '' && service !== name) return 'SERVICE_UNKNOWN';
    return isServing ? 'SERVING' : 'NOT_SERVING';
  };
  return {
    definition: loadService(proto, 'grpc.health.v1.Health'),
    implementation: {
      Check(call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>) {
        const state = statusOf(call.request.service);
        if (state !== 'SERVICE_UNKNOWN') return answer(null, { status: state });
        answer({ code: status.NOT_FOUND, details: 'unknown service' });
      },
      Watch(call: ServerWritableStream<Request, object>) {
        call.write({ status: statusOf(call.request.service) });
        if (!isServing) return call.end();
        watchers.add(call);
        call.on('cancelled', () => watchers.delete(call));
      },
    },
    end() {
      isServing = false;
      for (const call of watchers) {
        call.write({ status: statusOf(call.request.service) });
        call.end();
      }
      watchers.clear();
    },
  };
}
