import { describe, expect, it } from 'vitest';
import { type RecordedExchange, toRecordLine } from '../../gateway/compare/record-line.ts';
import { compileRules } from '../../gateway/compare/rules.ts';
import { compareDefaults, type RulesConfig } from '../../gateway/compare/schema.ts';

const rulesOf = (own: Partial<RulesConfig> = {}) =>
  compileRules(
    { ...compareDefaults(), ...own },
    { origins: { legacy: [], service: [] }, now: 0, apiKeyHeader: 'X-Key' },
  );

interface Told {
  readonly body?: string;
  readonly bodyLost?: boolean;
  readonly headers: Record<string, string>;
}

/** What is recorded of an answer with this type and body. */
function recorded(type: string, body: string | Uint8Array, own: Partial<RulesConfig> = {}): Told {
  const exchange: RecordedExchange = {
    ...{ id: 'r', method: 'GET', target: '/x?sig=secret', fields: ['X-Key', 'secret', 'A', '1', 'a', '2'] },
    upload: undefined,
    sides: {
      legacy: { status: 200, fields: ['Content-Type', type], body: Buffer.from(body as string) },
    },
  };
  const line = toRecordLine(exchange, rulesOf(own));
  expect(line).not.toContain('secret');
  return (JSON.parse(line) as { legacy: Told }).legacy;
}

describe('a recorded body', () => {
  it('is JSON with its numbers digit by digit, and without what names call secret', () => {
    const text =
      '{"n":10765432100123456789,"f":1.10,"token":{"a":"secret"},"list":[{"pin":"secret"}],"no":null}';
    expect(recorded('application/json', text).body).toBe(
      '{"n":10765432100123456789,"f":1.1,"token":"***","list":[{"pin":"***"}],"no":null}',
    );
  });

  it('is without what rules redact; where those cannot be asked, there is none', () => {
    const redact = ['$.user.mail'];
    expect(recorded('application/json', '{"user":{"mail":"secret","id":1}}', { redact }).body).toBe(
      '{"user":{"mail":"***","id":1}}',
    );
    expect(recorded('text/plain', 'secret', { redact })).toMatchObject({ bodyLost: true });
    expect(recorded('application/json', '{"user":{"mail":"secret"', { redact })).toMatchObject({
      bodyLost: true,
    });
  });

  it.each([
    ['application/x-www-form-urlencoded', 'a=1&pass%77ord=secret', 'a=1&pass%77ord=***'],
    ['text/plain', 'Authorization: Bearer secretsecret', 'Authorization: Bearer ***'],
    ['text/html', '<input name="csrf" value="secret"><p>a</p>', '<input name="csrf" value="***"><p>a</p>'],
    ['text/html', "<input type=password value='secret'>", '<input type=password value="***">'],
    [
      'application/xml',
      '<a><password>secret</password><b token="secret"/></a>',
      '<a><password>***</password><b token="***"/></a>',
    ],
  ])('of %s is text without credentials', (type, text, shown) => {
    expect(recorded(type, text).body).toBe(shown);
  });

  it('that is no text is told by length and hash', () => {
    expect(recorded('image/png', Buffer.from([1, 2, 3])).body).toMatch(/^3 bytes, sha256 [0-9a-f]{64}$/);
  });
});

it('keeps several values of a field apart, and hides the API key', () => {
  const exchange: RecordedExchange = {
    ...{ id: 'r', method: 'POST', target: '/x?sig=secret&a=1', upload: 'lost', sides: {} },
    fields: ['X-Key', 'secret', 'A', '1', 'a', '2', 'Connection', 'close', 'X-Forwarded-For', '203.0.113.9'],
  };
  expect(JSON.parse(toRecordLine(exchange, rulesOf()))).toEqual({
    name: 'r',
    request: {
      ...{ method: 'POST', url: '/x?sig=***&a=1', bodyLost: true },
      headers: { 'x-key': '***', a: ['1', '2'] },
    },
  });
});
