const decoders = new Map<string, TextDecoder | undefined>();

/** Windows-1252 says something for every byte: what is no UTF-8 and names no charset is read as that. */
const fallback = 'windows-1252';
/** Different names are many; ours are bounded. */
const maxDecoders = 64;

function decoderOf(charset: string): TextDecoder | undefined {
  if (decoders.has(charset)) return decoders.get(charset);
  let decoder: TextDecoder | undefined;
  try {
    decoder = new TextDecoder(charset, { fatal: true });
  } catch {
    decoder = undefined;
  }
  if (decoders.size < maxDecoders) decoders.set(charset, decoder);
  return decoder;
}

/** Bytes as text by a charset's name (WHATWG Encoding), without a byte order mark; undefined where they are none. */
export function toText(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return decoderOf(charset)?.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes as text where nobody says how: UTF-8, else Windows-1252. */
export const guessText = (bytes: Uint8Array): string | undefined =>
  toText(bytes, 'utf-8') ?? toText(bytes, fallback);

/** CRLF as LF, and without the line breaks at the end. */
export function toPlain(text: string): string {
  const plain = text.replace(/\r\n?/g, '\n');
  let end = plain.length;
  while (end > 0 && plain.charCodeAt(end - 1) === lineFeed) end--;
  return plain.slice(0, end);
}

const lineFeed = 10;
