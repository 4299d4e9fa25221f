/** A path as a list of segments, without the empty one before the first slash; `/` and a trailing slash give a last `''`. */
export function splitPath(path: string): string[] {
  const segments: string[] = [];
  let from = 1;
  for (let at = path.indexOf('/', from); at !== -1; at = path.indexOf('/', from)) {
    segments.push(path.slice(from, at));
    from = at + 1;
  }
  segments.push(path.slice(from));
  return segments;
}

const keptEscapes = /%(?:2f|5c|[01][0-9a-f]|7f)/gi;
const escapeRuns = /(?:%[0-9a-f]{2})+/gi;

/**
 * Percent-decodes once, all but slashes, backslashes and controls (those stay as `%2F`, in upper case).
 * Bytes that are not UTF-8, and escapes that are none, stay as sent.
 */
export function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  const guarded = segment.replace(keptEscapes, triplet => `%25${triplet.slice(1).toUpperCase()}`);
  return decodeText(guarded) ?? guarded.replace(escapeRuns, run => decodeText(run) ?? decodeAscii(run));
}

/** The whole of it percent-decoded; undefined if an escape is none or the bytes are not UTF-8. */
function decodeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const decodeAscii = (run: string): string =>
  run.replace(/%[0-7][0-9a-f]/gi, triplet => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));

/** What a lenient server may take a segment for: lower case, without `;parameters`. */
export function foldSegment(segment: string): string {
  const at = segment.indexOf(';');
  return (at === -1 ? segment : segment.slice(0, at)).toLowerCase();
}

/** Folds each segment and drops the ones that are then empty: the key of near misses. */
export function foldSegments(segments: readonly string[]): string[] {
  const folded: string[] = [];
  for (const segment of segments) {
    const one = foldSegment(segment);
    if (one !== '') folded.push(one);
  }
  return folded;
}
