import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../gateway/compare/compare.ts';
import { compileRules } from '../../gateway/compare/rules.ts';
import { compareDefaults } from '../../gateway/compare/schema.ts';
import { answer, compared, ownOrigins } from '../kit/answers.ts';

const shown = (legacy: string, service: string, rules: object = {}): unknown[] =>
  compared(answer(legacy), answer(service), rules).differences.map(each => [
    each.path,
    each.legacy,
    each.service,
  ]);

describe('what is told of a difference', () => {
  it.each([
    'password',
    'accessToken',
    'client_secret',
    'api-key',
    'sessionId',
    'authorization',
    'cookie',
    'csrf',
    'otp',
  ])('hides the value of a member called %s, wherever it is', name => {
    expect(shown(`{"a":{"${name}":"s1"}}`, `{"a":{"${name}":"s2"}}`)).toMatchObject([
      [expect.any(String), '***', '***'],
    ]);
    expect(JSON.stringify(shown('{}', `{"b":[{"${name}":"s3cr3t"}]}`))).not.toContain('s3cr3t');
    expect(JSON.stringify(shown('{}', `{"${name}":{"deep":["s3cr3t"]}}`))).not.toContain('s3cr3t');
  });

  it('shows what only sounds like it', () => {
    expect(shown('{"code":"A","key":"k","author":"x"}', '{"code":"B","key":"l","author":"y"}')).toEqual([
      ['$.code', 'A', 'B'],
      ['$.key', 'k', 'l'],
      ['$.author', 'x', 'y'],
    ]);
  });

  it('hides what redact names, and below it', () => {
    const rules = { redact: ['$.customer.email', '$.notes', 'header:X-Internal'] };
    expect(
      shown(
        '{"customer":{"email":"a@b.example"},"notes":["x"]}',
        '{"customer":{"email":"c@d.example"},"notes":["y"]}',
        rules,
      ),
    ).toEqual([
      ['$.customer.email', '***', '***'],
      ['$.notes[0]', '***', '***'],
    ]);
    expect(shown('{}', '{"customer":{"email":"a@b.example","name":"x"}}', rules)).toEqual([
      ['$.customer', undefined, { email: '***', name: 'x' }],
    ]);
    const field = (value: string) => answer('{}', { fields: ['x-internal', value] });
    expect(compared(field('1'), field('2'), rules).differences).toMatchObject([
      { legacy: '***', service: '***' },
    ]);
  });

  it('hides tokens and credentials in queries, wherever they stand', () => {
    const jwt = 'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl';
    const legacy = `{"a":"see ${jwt}","b":"https://x.example/?token=s3cr3t&page=1","c":"Bearer abcdefgh"}`;
    expect(shown(legacy, '{"a":"-","b":"-","c":"-"}')).toEqual([
      ['$.a', 'see ***', '-'],
      ['$.b', 'https://x.example/?token=***&page=1', '-'],
      ['$.c', 'Bearer ***', '-'],
    ]);
  });

  it.each(['authorization', 'www-authenticate', 'x-api-key', 'x-auth-token', 'x-csrf-token'])(
    'hides the field %s',
    name => {
      const field = (value: string) => answer('{}', { fields: [name, value] });
      expect(JSON.stringify(compared(field('s3cr3t'), field('s4cr3t')))).not.toMatch(/s\dcr3t/);
    },
  );

  it('hides the field that carries API keys here', () => {
    const rules = compileRules(compareDefaults(), { origins: ownOrigins, now: 0, apiKeyHeader: 'X-Partner' });
    const field = (value: string) => answer('{}', { fields: ['x-partner', value] });
    const pair = { method: 'GET', legacy: field('s3cr3t'), service: field('s4cr3t') };
    expect(JSON.stringify(compareAnswers(pair, rules))).not.toMatch(/s\dcr3t/);
  });

  it('hides what elements of a telling name hold', () => {
    const page = (value: string) =>
      answer(`<form><input type=hidden name=csrf_token value=${value}><p>x</p></form>`, {
        type: 'text/html',
      });
    const { differences } = compared(page('s3cr3t'), page('s4cr3t'));
    expect(differences).toMatchObject([{ path: 'form>input@value', legacy: '***', service: '***' }]);
  });

  it('quotes nothing of a body that cannot be read', () => {
    const { differences } = compared(answer('{}'), answer('s3cr3t {'));
    expect(JSON.stringify(differences)).not.toContain('s3cr3t');
  });

  it('is no more of a token where it is cut off', () => {
    const token = `eyJ${'s3cr3t'.repeat(5000)}`;
    expect(shown('{"a":1}', JSON.stringify({ a: `x ${token}` }))).toEqual([['$.a', 1, 'x ***…']]);
  });

  it('is bounded, names included', () => {
    const named = compared(answer('{}'), answer(`{"${'n'.repeat(100_000)}":1}`));
    expect(JSON.stringify(named).length).toBeLessThan(1000);
    const long = JSON.stringify({
      text: 'x'.repeat(100_000),
      list: Array.from({ length: 10_000 }, () => 'y'.repeat(100)),
    });
    expect(JSON.stringify(compared(answer('{}'), answer(long))).length).toBeLessThan(20_000);
  });
});
