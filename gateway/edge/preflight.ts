import type { Exchange } from '../core/exchange.ts';

/** Whether a browser asks if it may send a request (Fetch §4.8). It carries no credentials, so nobody can ask for them. */
export const isPreflight = ({ method, req: { headers } }: Exchange): boolean =>
  method === 'OPTIONS' &&
  headers['access-control-request-method'] !== undefined &&
  headers.origin !== undefined;
