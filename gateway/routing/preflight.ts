import type { IncomingHttpHeaders } from 'node:http';

/** The method that a preflight asks for (Fetch §4.8), by which it is matched; undefined for any other request. */
export const preflightMethod = (method: string, headers: IncomingHttpHeaders): string | undefined =>
  method === 'OPTIONS' && headers.origin !== undefined ? headers['access-control-request-method'] : undefined;
