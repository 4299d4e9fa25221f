import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Authority, requireScopes } from './auth.ts';
import { createHealth } from './grpc-health.ts';
import { loadService } from './grpc-proto.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { processOn, type Tls } from './tls.ts';
import { type Trace, traceOf } from './trace.ts';

export interface GrpcOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly service: GrpcService;
  readonly authority: Authority;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Mutual TLS; without it plain HTTP/2. */
  readonly tls?: Tls | undefined;
}

export interface GrpcService {
  /** The `.proto` file. */
  readonly proto: string;
  /** As in it, with its package: `shop.products.v1.Stock`. */
  readonly name: string;
  /** What a caller's token must have for any of the methods. */
  readonly scopes: readonly string[];
  /** Each method of the file. A Problem that it throws becomes the status of the call. */
  readonly methods: Readonly<Record<string, (request: never, call: GrpcCall) => Promise<object>>>;
}

export interface GrpcCall {
  readonly trace: Trace;
}

/** A server for one gRPC service, and the standard health service beside it. */
export interface GrpcServer {
  /** `host:port`. */
  readonly address: string;
  /** Health says NOT_SERVING, no new calls; those under way get up to ten seconds. */
  close(): Promise<void>;
}

const drainTimeout = 10_000;
const bounds = {
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.max_concurrent_streams': 128,
  'grpc.max_metadata_size': 16 * 1024,
  'grpc.max_connection_idle_ms': 300_000,
};

/** Listens. Rejects if the port is taken. */
export async function startGrpc(options: GrpcOptions): Promise<GrpcServer> {
  const { host = '127.0.0.1', port = 0, service, tls } = options;
  const server = new Server(bounds);
  const health = createHealth(service.name);
  const definition = loadService(service.proto, service.name);
  server.addService(definition, implement(definition, options));
  server.addService(health.definition, health.implementation);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `${host.includes(':') ? `[${host}]` : host}:${port}`,
      credentialsOf(tls),
      (error, port) => (error ? reject(error) : resolve(port)),
    );
  });
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      health.end();
      await new Promise<void>(resolve => {
        const deadline = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, drainTimeout);
        server.tryShutdown(() => {
          clearTimeout(deadline);
          resolve();
        });
      });
    },
  };
}

const credentialsOf = (tls: Tls | undefined): ServerCredentials =>
  tls === undefined
    ? ServerCredentials.createInsecure()
    : ServerCredentials.createSsl(
        Buffer.from(tls.ca),
        [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }],
        true,
      );

function implement(
  definition: ServiceDefinition<UntypedServiceImplementation>,
  options: GrpcOptions,
): UntypedServiceImplementation {
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const name of Object.keys(definition)) {
    const method = options.service.methods[name];
    if (!method) throw new TypeError(`${options.service.name} has a method ${name} that nothing implements`);
    const handle: handleUnaryCall<object, object> = (call, answer) => {
      const { metadata, request } = call;
      const process = processOn(call.getAuthContext().sslPeerCertificate);
      void serve(options, { name, method, metadata, request, process }).then(...settle(answer));
    };
    implementation[name] = handle;
  }
  return implementation;
}

interface Unary {
  readonly name: string;
  readonly method: (request: never, call: GrpcCall) => Promise<object>;
  readonly metadata: Metadata;
  readonly request: object;
  /** The name on the certificate that was shown. */
  readonly process: string | undefined;
}

/** Admits the caller, calls the method, and writes one log record: what it rejects with is a Problem. */
async function serve({ service, authority, log, metrics }: GrpcOptions, call: Unary): Promise<object> {
  const began = performance.now();
  const trace = traceOf({
    traceparent: textOf(call.metadata, 'traceparent'),
    'x-request-id': textOf(call.metadata, 'x-request-id'),
  });
  let code = 'ok';
  try {
    requireScopes(await authority.identify(textOf(call.metadata, 'authorization')), service.scopes);
    return await call.method(call.request as never, { trace });
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(500, 'internal', 'see the log');
    code = problem.code;
    if (problem !== error) log('error', String(error), { trace });
    throw problem;
  } finally {
    const seconds = (performance.now() - began) / 1000;
    metrics.time('rpc_server_call_duration_seconds', { rpc_method: call.name, code }, seconds);
    const ms = Math.round(seconds * 10_000) / 10;
    log('info', 'call', { trace, method: call.name, code, ms, process: call.process });
  }
}

const textOf = (metadata: Metadata, key: string): string | undefined => {
  const [value] = metadata.get(key);
  return typeof value === 'string' ? value : undefined;
};

/** HTTP statuses of problems as statuses of calls. */
const statuses: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  503: status.UNAVAILABLE,
};

/** The stable code of a problem travels in the trailer `problem-code`, its text as the status message. */
const settle = (answer: sendUnaryData<object>) =>
  [
    (reply: object) => answer(null, reply),
    (error: unknown) => {
      const problem = error instanceof Problem ? error : new Problem(500, 'internal', 'see the log');
      const metadata = new Metadata();
      metadata.set('problem-code', problem.code);
      answer({ code: statuses[problem.status] ?? status.INTERNAL, details: problem.message, metadata });
    },
  ] as const;
