import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { ChannelCredentials, Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { loadService } from './grpc-proto.ts';
import { OutgoingFailure } from './outgoing-failure.ts';
import type { Tls } from './tls.ts';
import { type Trace, toTraceparent } from './trace.ts';

/** Calls the methods of one gRPC service. Every call has a deadline. */
export interface GrpcClient {
  /**
   * Rejects with a GrpcRefusal where the service says no, and with an OutgoingFailure (`refused`, `timeout`, `reset`,
   * `token`) where it does not answer.
   */
  call<Reply>(method: string, request: object, trace: Trace): Promise<Reply>;
  close(): void;
}

export interface GrpcClientOptions {
  /** The `.proto` file, a copy of the caller's own. */
  readonly proto: string;
  /** As in it, with its package. */
  readonly service: string;
  /** `host:port`. */
  readonly address: string;
  /** Milliseconds for a call; default 2,000. */
  readonly timeout?: number;
  readonly token?: () => Promise<string>;
  readonly tls?: Tls | undefined;
}

/** What the service answered instead: the name of the status, and the stable code of the problem. */
export class GrpcRefusal extends Error {
  override readonly name = 'GrpcRefusal';
  /** Such as FAILED_PRECONDITION. */
  readonly status: string;
  readonly code: string;
  constructor(error: ServiceError) {
    super(error.details);
    this.status = status[error.code] ?? 'UNKNOWN';
    this.code = String(error.metadata?.get('problem-code')[0] ?? 'none');
  }
}

export function createGrpcClient(options: GrpcClientOptions): GrpcClient {
  const { proto, service, address, timeout = 2000, token, tls } = options;
  const definition = loadService(proto, service);
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const client = new Client(address, credentialsOf(tls, host), {
    'grpc.max_receive_message_length': 256 * 1024,
    ...(isIP(host) !== 0 && { 'grpc.ssl_target_name_override': 'localhost' }),
  });
  return {
    async call<Reply>(name: string, request: object, trace: Trace) {
      const method = definition[name];
      if (!method) throw new TypeError(`${service} has no method ${name}`);
      const metadata = new Metadata();
      metadata.set('traceparent', toTraceparent(trace));
      metadata.set('x-request-id', trace.requestId);
      if (token) metadata.set('authorization', `Bearer ${await tokenOr(service, token)}`);
      return new Promise<Reply>((resolve, reject) => {
        client.makeUnaryRequest(
          ...[method.path, method.requestSerialize, method.responseDeserialize, request, metadata],
          { deadline: Date.now() + timeout },
          (error, reply) => (error ? reject(toError(service, error)) : resolve(reply as Reply)),
        );
      });
    },
    close: () => client.close(),
  };
}

/**
 * A server name is never an IP address (RFC 6066 §3), and Node refuses one, which grpc-js would send: for an address it
 * sends `localhost` instead, while the certificate has to be for the address all the same.
 */
const credentialsOf = (tls: Tls | undefined, host: string): ChannelCredentials =>
  tls === undefined
    ? ChannelCredentials.createInsecure()
    : ChannelCredentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert), {
        checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      });

async function tokenOr(service: string, token: () => Promise<string>): Promise<string> {
  try {
    return await token();
  } catch (cause) {
    throw new OutgoingFailure(service, 'token', { detail: String(cause), cause });
  }
}

/** UNAVAILABLE of the service's own carries a code; of the connection it does not. */
function toError(service: string, error: ServiceError): Error {
  const isOwn = error.metadata?.get('problem-code').length > 0;
  if (isOwn) return new GrpcRefusal(error);
  switch (error.code) {
    case status.UNAVAILABLE:
      return new OutgoingFailure(service, 'refused', { detail: error.details, cause: error });
    case status.DEADLINE_EXCEEDED:
      return new OutgoingFailure(service, 'timeout', { detail: 'no answer in time', cause: error });
    case status.CANCELLED:
      return new OutgoingFailure(service, 'reset', { detail: error.details, cause: error });
    default:
      return new GrpcRefusal(error);
  }
}
