import { expect, it } from 'vitest';
import type { Problem } from '../../../extracted-services/chassis/problem.ts';
import { type Fields, readFields } from '../../../extracted-services/chassis/validate.ts';

const read = (fields: Fields) => ({
  email: fields.text('email', { max: 20, shape: { is: /@/, words: 'an address' } }),
  password: fields.text('password', { min: 8, isSecret: true }),
  size: fields.oneOf('size', ['s', 'm']),
  lines: fields.list('lines', { min: 1, max: 2 }, line => ({
    quantity: line.integer('quantity', { min: 1, max: 9 }),
  })),
  ...(fields.has('note') && { note: fields.text('note') }),
});

function errorsOf(body: unknown): readonly string[] {
  try {
    readFields(body, 'bad-thing', read);
  } catch (error) {
    const { status, code, errors } = error as Problem;
    expect([status, code]).toEqual([400, 'bad-thing']);
    return errors.map(({ field, detail }) => `${field}: ${detail}`);
  }
  return [];
}

const good = { email: ' a@b ', password: ' 12345678', size: 'm', lines: [{ quantity: 9 }] };

it('gives what was read, trimmed but for secrets', () => {
  expect(readFields(good, 'bad-thing', read)).toEqual({ ...good, email: 'a@b' });
  expect(readFields({ ...good, note: null }, 'bad-thing', read)).not.toHaveProperty('note');
});

it('tells all that is wrong at once, each by its place, its bound and its value', () => {
  expect(
    errorsOf({ email: 'nobody', size: 'x', lines: [{ quantity: 10 }, 7], note: 3, password: 'hunter2' }),
  ).toEqual([
    'email: expected an address, got "nobody"',
    'password: expected 8 to 200 characters, got 7',
    'size: expected s or m, got "x"',
    'lines[0].quantity: expected a whole number from 1 to 9, got 10',
    'lines[1]: expected an object, got 7',
    'lines[1].quantity: expected a whole number from 1 to 9, got nothing',
    'note: expected 1 to 200 characters, got 3',
  ]);
});

it('never shows a secret', () => {
  expect(errorsOf({ ...good, password: 'hunter2' }).join()).not.toContain('hunter2');
});

it.each([[[]], [null], ['x'], [undefined]])('wants an object, and got %j', body => {
  expect(errorsOf(body)).toEqual([expect.stringMatching(/^\$: expected an object, got /)]);
});

it('does not read what every object has by birth', () => {
  expect(errorsOf({ ...good, lines: [{}], constructor: 1 })).toHaveLength(1);
  expect(() => readFields({}, 'x', fields => fields.text('constructor'))).toThrow('got nothing');
});

it('bounds a list before it reads it', () => {
  expect(errorsOf({ ...good, lines: Array.from({ length: 10_000 }, () => ({})) })).toHaveLength(3);
});
