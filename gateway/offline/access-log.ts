/** Access logs of web servers and load balancers, a line at a time. Pure. */
import { type ReadLine, type ReadResult, show, toRequest, toStatus } from './recorded.ts';

/** What a double-quoted field of a log may hold: `\"` and `\\` within. */
const quoted = '"((?:[^"\\\\]|\\\\.)*)"';

/** Common and combined: `host ident user [time] "GET / HTTP/1.1" 200 12`, and whatever comes after. */
const common = new RegExp(`^\\S+ \\S+ .*?\\[[^\\]]+\\] ${quoted} (\\S+)`);

/** Common and combined log format; other fields may stand before the status' end of line, such as a virtual host first. */
export const readCommon: ReadLine = text => {
  const found = common.exec(text);
  if (found === null) return { fault: `no line of a common or combined log: ${show(text)}` };
  const [, line = '', status] = found;
  return fromRequestLine(unescape(line), status);
};

/** Classic: `time elb client:port backend:port t t t status status bytes bytes "GET http://… HTTP/1.1" …`. */
const classic = new RegExp(`^\\S+Z? \\S+ \\S+:\\d+ \\S+ \\S+ \\S+ \\S+ (\\S+) (\\S+) \\d+ \\d+ ${quoted}`);
/** Application: the same with a type in front, `http`, `https`, `h2`, `grpcs`, `ws` or `wss`. */
const application = new RegExp(
  `^(?:https?|h2|grpcs|wss?) \\S+ \\S+ \\S+ \\S+ \\S+ \\S+ \\S+ (\\S+) (\\S+) \\S+ \\S+ ${quoted}`,
);

/** Logs of AWS load balancers, classic and application. */
export const readLoadBalancer: ReadLine = text => {
  const found = application.exec(text) ?? classic.exec(text);
  if (found === null) return { fault: `no line of a load balancer's log: ${show(text)}` };
  if (/^wss? /.test(text)) return { passed: 'it is a WebSocket' };
  if (/^grpcs /.test(text)) return { passed: 'it is gRPC' };
  const [, status, , line = ''] = found;
  return fromRequestLine(unescape(line), status);
};

/** `GET /orders/42 HTTP/1.1`, HTTP/0.9 without the last word. */
export function fromRequestLine(line: string, status: unknown): ReadResult {
  if (line === '-' || line === '' || line === '- - -') return { passed: 'it has no request line' };
  const found = /^(\S+) (\S+)(?: (?:HTTP\/\d(?:\.\d)?|-))?$/.exec(line);
  if (found === null) return { fault: `no request line: ${show(line)}` };
  const [, method = '', target = ''] = found;
  const read = toRequest({ method, target, fields: [], status: toStatus(status) });
  return 'request' in read ? { request: withoutBody(read.request) } : read;
}

/** An access log never says what a request carried. */
const withoutBody = <Request extends { readonly method: string }>(request: Request): Request =>
  carriesNothing.has(request.method) ? request : { ...request, isBodyLost: true };

const carriesNothing: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE']);

/** nginx writes `\x22`, Apache `\"`. */
const unescape = (text: string): string =>
  text
    .replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\(["\\])/g, '$1');
