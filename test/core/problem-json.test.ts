import { describe, expect, it } from 'vitest';
import { errors } from '../../gateway/core/errors.ts';
import { prefersHtml, renderProblem, renderRawProblem } from '../../gateway/core/problem-json.ts';

const facts = { detail: 'upstream orders refused', instance: 'request-1' };

const fieldOf = (fields: readonly string[], name: string) => fields[fields.indexOf(name) + 1];

describe('a problem', () => {
  it('is problem+json with type, title, status, detail, instance and code', () => {
    const { status, fields, body } = renderProblem('upstream-refused', facts);
    expect(status).toBe(502);
    expect(fieldOf(fields, 'content-type')).toBe('application/problem+json');
    expect(fieldOf(fields, 'content-length')).toBe(String(Buffer.byteLength(body)));
    expect(JSON.parse(body)).toEqual({
      type: 'https://figway.dev/errors/upstream-refused',
      title: 'Upstream refused the connection',
      status: 502,
      detail: 'upstream orders refused',
      instance: 'request-1',
      code: 'upstream-refused',
    });
  });

  it('names the failed upstream by Proxy-Status, and nothing where none failed', () => {
    expect(fieldOf(renderProblem('upstream-timeout', facts).fields, 'proxy-status')).toBe(
      'figway; error=http_response_timeout',
    );
    expect(renderProblem('token-missing', facts).fields).not.toContain('proxy-status');
  });

  it('carries the fields of the refusal', () => {
    const { fields } = renderProblem('limit-exceeded', { ...facts, fields: ['retry-after', '5'] });
    expect(fieldOf(fields, 'retry-after')).toBe('5');
  });

  it('is a plain page for who prefers HTML, with everything escaped', () => {
    const { fields, body } = renderProblem('bad-message', {
      detail: `<script>alert("1")</script> & 'x'`,
      instance: '"><b>',
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    });
    expect(fieldOf(fields, 'content-type')).toBe('text/html; charset=utf-8');
    expect(fieldOf(fields, 'content-security-policy')).toContain("default-src 'none'");
    expect(body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
    expect(body).not.toContain('<script>');
    expect(body).not.toContain('<b>');
  });

  it.each([
    [undefined, false],
    ['*/*', false],
    ['text/html', true],
    ['application/json, text/html;q=0.9', false],
    ['application/problem+json;q=0.5, text/html;q=0.6', true],
    ['text/html;q=0', false],
    ['TEXT/HTML; q=1.0, application/json', true],
    ['text/htmlx', false],
    [`${'a/b,'.repeat(5000)}text/html`, false],
  ])('reads Accept: %.40s as preferring HTML: %s', (accept, prefers) => {
    expect(prefersHtml(accept)).toBe(prefers);
  });

  it('is a whole HTTP/1.1 answer in bytes that closes the connection', () => {
    const [head = '', body = ''] = renderRawProblem('headers-too-large', facts).toString().split('\r\n\r\n');
    const lines = head.split('\r\n');
    expect(lines[0]).toBe('HTTP/1.1 431 Request Header Fields Too Large');
    expect(lines).toContain('connection: close');
    expect(lines).toContain(`content-length: ${body.length}`);
    expect(lines).toContain('x-request-id: request-1');
    expect(JSON.parse(body)).toMatchObject({ code: 'headers-too-large', status: 431 });
  });

  it.each(Object.keys(errors) as (keyof typeof errors)[])('has the status of the table for %s', code => {
    expect(JSON.parse(renderProblem(code, facts).body)).toMatchObject({ code, status: errors[code].status });
  });
});
