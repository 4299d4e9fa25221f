/** What went wrong on the way to an upstream, before it is told to anybody. */
export interface TransportFailure {
  /**
   * `connect`: no connection came about, so nothing was sent. `reset`: closed before the whole answer was there.
   * `protocol`: what came is not HTTP. `request`: our own request cannot be written or its body broke off.
   */
  readonly kind: 'connect' | 'connect-timeout' | 'reset' | 'protocol' | 'request';
  readonly message: string;
}

const protocolCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
]);
const requestCodes: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

/** @param isStarted whether the request was handed to a connection. */
export function classifyError(error: Error, isStarted: boolean): TransportFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = code === '' || error.message.includes(code) ? error.message : `${code}: ${error.message}`;
  if (requestCodes.has(code)) return { kind: 'request', message };
  if (!isStarted)
    return { kind: code === 'UND_ERR_CONNECT_TIMEOUT' ? 'connect-timeout' : 'connect', message };
  const isProtocol =
    error.name === 'HTTPParserError' ||
    protocolCodes.has(code) ||
    /^bad (response|upgrade)/.test(error.message);
  return { kind: isProtocol ? 'protocol' : 'reset', message };
}
