/** One step of reading: the ways in which servers differ at it. The path itself may be among them. */
type Step = (path: string) => readonly string[];

/**
 * Every plausible way in which some server may read an odd path, decoded at most once, without duplicates:
 * cut at `#` or not; escapes that are none left, dropped, or read as `%uXXXX`; overlong UTF-8 read as what it hides;
 * encoded slashes decoded or not; backslashes as slashes or not; `;parameters` kept or dropped; empty segments
 * folded or not; dot segments resolved or not, before decoding and after.
 * Undefined where the path is so long and so odd that to read it would be an attack on the gateway: it may be anything.
 */
export function readings(path: string): readonly string[] | undefined {
  let found: readonly string[] = [path];
  for (const step of steps) {
    found = [...new Set(found.flatMap(step))];
    if (found.length * path.length > budget) return undefined;
  }
  return found;
}

/** Characters in all readings together; about half a millisecond. */
const budget = 64 * 1024;

const steps: readonly Step[] = [
  path => [path, path.replace(/#.*$/s, '')],
  path => [path, resolveDots(path)],
  path => {
    const revealed = path.replace(overlong, toPlainEscape);
    return [
      path,
      revealed.replace(invalidEscape, ''),
      revealed.replace(invalidEscape, triplet => triplet.slice(1)),
      revealed.replace(/%u00([0-9a-f]{2})/gi, '%$1'),
    ];
  },
  path => [decode(path, keepsSlashes), decode(path, keepsControls)],
  path => [path, path.replaceAll('\\', '/')],
  path => [path, path.replace(/;[^/]*/g, '')],
  path => {
    const folded = fold(path);
    const resolved = resolveDots(path);
    return [path, folded, resolved, resolveDots(folded), fold(resolved)];
  },
];

const invalidEscape = /%(?![0-9a-f]{2})[^/%\\;#]{0,2}/gi;
const overlong = /%c[01]%[89ab][0-9a-f]|%e0%8[01]%[89ab][0-9a-f]/gi;
const keepsSlashes = /%(?!2f|[01][0-9a-f]|7f)[0-7][0-9a-f]/gi;
const keepsControls = /%(?![01][0-9a-f]|7f)[0-7][0-9a-f]/gi;

/** The ASCII character that an overlong form hides, as a plain escape: `%C0%AF` as `%2F`. */
function toPlainEscape(form: string): string {
  const [last = 0, before = 0] = form
    .slice(1)
    .split('%')
    .map(hex => Number.parseInt(hex, 16))
    .reverse();
  return `%${(((before & 1) << 6) | (last & 0x3f)).toString(16).padStart(2, '0')}`;
}

/** Decodes ASCII escapes one by one; what stays encoded is decoded by the segment. */
const decode = (path: string, escapes: RegExp): string =>
  path.replace(escapes, triplet => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));

const fold = (path: string): string => path.replace(/\/{2,}/g, '/');

/** Removes `.` and `..` segments (RFC 3986 §5.2.4), their encoded spellings and `..;x` too; never above the root. */
function resolveDots(path: string): string {
  if (!dotSegment.test(path)) return path;
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const dots = segment.replace(/%2e/gi, '.').replace(/(;|%3b).*$/i, '');
    if (dots === '..') kept.pop();
    if (dots !== '.' && dots !== '..') kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}

const dotSegment = /\/(?:\.|%2e)/i;
