/** One exchange as a line of recorded traffic (contract §7, pairs), redacted. Pure. */
import { withoutCredentials } from '../core/secrets.ts';
import type { Side } from '../core/vocabulary.ts';
import type { Answer } from './comparison.ts';
import { toRecordedBody } from './record-body.ts';
import { isSecretField, redacted, redactText } from './redact.ts';
import type { CompiledRules } from './rules.ts';

/** What was asked and what was said, as it passed by. */
export interface RecordedExchange {
  /** `x-request-id`. */
  readonly id: string;
  readonly method: string;
  /** As sent, with query. */
  readonly target: string;
  /** Flat raw pairs, as the client sent them. */
  readonly fields: readonly string[];
  /** Undefined: it has none. `lost`: it has one that was not kept. */
  readonly upload: Uint8Array | 'lost' | undefined;
  readonly sides: Readonly<Partial<Record<Side, RecordedAnswer>>>;
}

export interface RecordedAnswer extends Omit<Answer, 'body'> {
  /** Undefined: it was not kept. */
  readonly body: Uint8Array | undefined;
}

/** Hop by hop, or of proxies before this one. */
const left =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings|expect|content-length|forwarded|x-forwarded-.*|x-real-ip|via)$/i;

export function toRecordLine(exchange: RecordedExchange, rules: CompiledRules): string {
  const { id, method, target, fields, upload, sides } = exchange;
  const asked = {
    method,
    url: withoutCredentials(target),
    headers: toHeaders(fields, rules),
    ...toBody(
      upload === undefined || upload === 'lost' ? undefined : { status: 200, fields, body: upload },
      { method: 'POST', isLost: upload === 'lost' },
      rules,
    ),
  };
  const said = (['legacy', 'service'] as const).flatMap(side => {
    const answer = sides[side];
    if (answer === undefined) return [];
    const { status, body } = answer;
    const whole = body === undefined ? undefined : { ...answer, body };
    const shown = toBody(whole, { method, isLost: body === undefined }, rules);
    return [[side, { status, headers: toHeaders(answer.fields, rules), ...shown }] as const];
  });
  return JSON.stringify({ name: id, request: asked, ...Object.fromEntries(said) });
}

/** Names as they came, each with the list of its values; a body that is decoded has no coding any more. */
function toHeaders(fields: readonly string[], rules: CompiledRules): Record<string, string | string[]> {
  const headers = new Map<string, string[]>();
  for (let at = 0; at < fields.length; at += 2) {
    const name = (fields[at] as string).toLowerCase();
    if (left.test(name) || name === 'content-encoding') continue;
    const isSecret = rules.isFieldRedacted(name) || isSecretField(name);
    const value = isSecret ? redacted : redactText(fields[at + 1] as string);
    headers.set(name, [...(headers.get(name) ?? []), value]);
  }
  return Object.fromEntries(
    [...headers].map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]),
  );
}

function toBody(
  answer: Answer | undefined,
  { method, isLost }: { readonly method: string; readonly isLost: boolean },
  rules: CompiledRules,
): { body: string } | { bodyLost: true } | Record<never, never> {
  if (answer === undefined) return isLost ? { bodyLost: true } : {};
  const body = toRecordedBody(answer, method, rules);
  if (body === undefined) return { bodyLost: true };
  return body === '' ? {} : { body };
}
