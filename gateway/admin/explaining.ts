import type { ExplainQuery } from './deps.ts';
import { type Fields, required, text, texts, type Values } from './fields.ts';
import { AdminRefusal } from './problems.ts';

export const explainFields = {
  method: text('a method', 32),
  path: required(text('a path')),
  host: text('a host', 255),
  header: texts('a header as `name: value`'),
  user: text('a user', 255),
  ip: text('an address', 64),
} satisfies Fields;

/** What was asked, in the words of the explanation. GET where no method is named. */
export const toExplainQuery = ({
  method = 'GET',
  path = '/',
  host,
  header = [],
  user,
  ip,
}: Values<typeof explainFields>): ExplainQuery => ({
  method,
  path,
  host,
  headers: Object.fromEntries(header.map(toPair)),
  user,
  ip,
});

function toPair(given: string): [name: string, value: string] {
  const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\r\n\0]*)$/.exec(given);
  if (found === null)
    throw new AdminRefusal(
      'bad-request',
      `query: header: expected \`name: value\`, got ${JSON.stringify(given.slice(0, 60))}`,
    );
  return [(found[1] ?? '').toLowerCase(), found[2] ?? ''];
}
