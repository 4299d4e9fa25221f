import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
  zstdDecompressSync,
} from 'node:zlib';

/** The bytes of a body without its codings, or why they cannot be had. */
export type Decoded =
  | { readonly bytes: Uint8Array }
  | { readonly fault: 'too-large' | 'undecodable'; readonly detail: string };

/** A small body may unpack to this whatever the ratio: repeated white space is no bomb. */
const freeBytes = 64 * 1024;
/** Beyond `freeBytes`, decoded bytes for one encoded byte. */
const maxRatio = 100;
/** Codings on top of each other. */
const maxCodings = 4;

type Unpack = (bytes: Uint8Array, options: ZlibOptions) => Uint8Array;

const codings: Readonly<Record<string, Unpack>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  // RFC 9110 §8.4.1.2 means zlib; some send it raw.
  deflate: (bytes, options) =>
    ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options),
  br: brotliDecompressSync,
  zstd: (bytes, { maxOutputLength }) =>
    zstdDecompressSync(bytes, maxOutputLength === undefined ? {} : { maxOutputLength }),
};

/** Names of the codings that a Content-Encoding value lists, in the order in which they were applied. */
export const listCodings = (value: string): string[] =>
  value
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '' && name !== 'identity');

export const isDecodable = (names: readonly string[]): boolean =>
  names.length <= maxCodings && names.every(name => Object.hasOwn(codings, name));

/** Takes off what Content-Encoding lists (RFC 9110 §8.4), last one first. More than `maxBody` bytes are not made. */
export function decode(body: Uint8Array, names: readonly string[], maxBody: number): Decoded {
  if (!isDecodable(names)) return { fault: 'undecodable', detail: `content-encoding ${names.join(', ')}` };
  let bytes = body;
  for (const name of names.toReversed()) {
    if (bytes.length === 0) break;
    const most = Math.min(maxBody, Math.max(freeBytes, bytes.length * maxRatio));
    try {
      bytes = (codings[name] as Unpack)(bytes, { maxOutputLength: most });
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        ? { fault: 'too-large', detail: `${name} of ${body.length} bytes unpacks to more than ${most}` }
        : { fault: 'undecodable', detail: `no ${name}, or cut short` };
    }
  }
  if (bytes.length > maxBody)
    return { fault: 'too-large', detail: `${bytes.length} bytes, at most ${maxBody}` };
  return { bytes };
}
