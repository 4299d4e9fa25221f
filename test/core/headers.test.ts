import { expect, test } from 'vitest';
import {
  fieldValue,
  foldName,
  isFieldValue,
  isIdentityName,
  isToken,
  removeFields,
  toListMembers,
} from '../../gateway/core/headers.ts';

test('knows what can be written into a head', () => {
  expect(['plain', 'caf\xe9', 'a\tb', ''].map(isFieldValue)).toEqual([true, true, true, true]);
  expect(['a\rb', 'a\nb', 'a\0b', '\x7f', 'ж'].map(isFieldValue)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  expect(["x-!#$%&'*+.^_`|~", '', 'a b', 'a:'].map(isToken)).toEqual([true, false, false, false]);
});

test('reads a list without white space, case and empty members', () => {
  expect(toListMembers(' Close ,, X-Foo\t,')).toEqual(['close', 'x-foo']);
});

test('finds the first value of a field in any case', () => {
  expect(fieldValue(['A', '1', 'hOst', '2', 'Host', '3'], 'host')).toBe('2');
  expect(fieldValue(['A', '1'], 'host')).toBeUndefined();
});

test('removes fields in place and keeps the order of the others', () => {
  const fields = ['A', '1', 'B', '2', 'a', '3', 'C', '4'];
  removeFields(fields, name => name === 'a');
  expect(fields).toEqual(['B', '2', 'C', '4']);
});

test('recognises what only the gateway may say, in any spelling', () => {
  expect(foldName('X_User.Id')).toBe('x-user-id');
  const own = [
    'X_User_Id',
    'x-user-scopes',
    'x.user.roles',
    'X-USER-TOKEN',
    'x-figway-a',
    'X_Figway_',
    'x-shadow',
  ];
  expect(own.filter(name => !isIdentityName(name))).toEqual([]);
  expect(['x-user', 'x-user-idea', 'user-id', 'x-figways', 'y-shadow'].filter(isIdentityName)).toEqual([]);
});
