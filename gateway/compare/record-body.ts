/** A body as a recording may hold it: decoded, whole, and without what looks like a credential. Pure. */
import { createHash } from 'node:crypto';
import { isSecretName } from '../core/secrets.ts';
import { ExactNumber } from './canonical/decimal.ts';
import { isMembers, Repeated, type Value } from './canonical/value.ts';
import type { Answer } from './comparison.ts';
import { observe } from './observation.ts';
import type { Step } from './path.ts';
import { hide, redacted, redactText } from './redact.ts';
import type { CompiledRules } from './rules.ts';

/**
 * The text of a body: JSON keeps its numbers digit by digit; bytes that are no text are told by length and hash, so that
 * two of them still compare. Undefined where none may be kept: it cannot be decoded, or rules redact places in what is not
 * JSON.
 */
export function toRecordedBody(answer: Answer, method: string, rules: CompiledRules): string | undefined {
  const { bytes, content, format } = observe(answer, method, rules.maxBody);
  if (!('bytes' in bytes)) return undefined;
  if (bytes.bytes.length === 0) return '';
  if (content.kind === 'opaque') return toDigest(bytes.bytes);
  if (format === 'json') {
    if (content.kind !== 'tree' || 'fault' in content.parsed) return undefined;
    return toJson(content.parsed.root, [], rules);
  }
  if (rules.hasRedactedPaths) return undefined;
  const text = content.kind === 'text' ? content.text : Buffer.from(bytes.bytes).toString('utf8');
  return redactText(format === 'form' ? redactForm(text) : redactMarkup(text));
}

const toDigest = (bytes: Uint8Array): string =>
  `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`;

/** Recursive, but never deeper than a body is. */
function toJson(value: Value, steps: readonly Step[], rules: CompiledRules): string {
  if (steps.length > 0 && rules.isRedacted(steps)) return JSON.stringify(hide(value));
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof Repeated) return toJson(value.last, steps, rules);
  if (typeof value === 'string') return JSON.stringify(redactText(value));
  if (Array.isArray(value))
    return `[${value.map((item: Value, at) => toJson(item, [...steps, at], rules)).join(',')}]`;
  if (!isMembers(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, inner]) => {
    const shown = isSecretName(name) ? JSON.stringify(hide(inner)) : toJson(inner, [...steps, name], rules);
    return `${JSON.stringify(name)}:${shown}`;
  });
  return `{${members.join(',')}}`;
}

const redactForm = (text: string): string =>
  text
    .split('&')
    .map(pair => {
      const mark = pair.indexOf('=');
      return mark > 0 && isSecretName(decode(pair.slice(0, mark)))
        ? `${pair.slice(0, mark)}=${redacted}`
        : pair;
    })
    .join('&');

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Elements and attributes whose names are telling, and what forms and `<meta>` carry under such names. */
const redactMarkup = (text: string): string =>
  text
    .replace(/<(?:input|meta|textarea|button|param|field)\b[^>]*>/gi, tag =>
      isTelling(tag)
        ? tag.replace(/(\s(?:value|content)\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)/gi, `$1"${redacted}"`)
        : tag,
    )
    .replace(/<([\w:-]+)([^<>]*)>([^<]+)(?=<\/\1>)/g, (whole, name: string, rest: string) =>
      isSecretName(name) ? `<${name}${rest}>${redacted}` : whole,
    )
    .replace(
      /(\s)([\w:-]+)(\s*=\s*)("[^"]*"|'[^']*')/g,
      (whole, space: string, name: string, equals: string) =>
        isSecretName(name) ? `${space}${name}${equals}"${redacted}"` : whole,
    );

const isTelling = (tag: string): boolean =>
  /\stype\s*=\s*["']?password/i.test(tag) ||
  [...tag.matchAll(/\s(?:name|id|property)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi)].some(
    ([, one, two, three]) => isSecretName(one ?? two ?? three ?? ''),
  );
