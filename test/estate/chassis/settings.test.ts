import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../extracted-services/chassis/settings.ts';

const settings = readSettings({
  LISTEN: '127.0.0.1:4101',
  V6: '[::1]:0',
  EMPTY: '',
  BAD_LISTEN: 'localhost',
  BIG_PORT: 'localhost:65536',
  MODE: 'maybe',
  COUNT: '12',
  MANY: '1e3',
  URL: 'http://127.0.0.1:4101/',
  BAD_URL: 'ftp://user:hunter2@host',
  SECRET: 'hunter2',
});

describe('settings', () => {
  it('are what the environment says, typed', () => {
    expect(settings.listen('LISTEN', 'x:1')).toEqual({ host: '127.0.0.1', port: 4101 });
    expect(settings.listen('V6', 'x:1')).toEqual({ host: '::1', port: 0 });
    expect(settings.integer('COUNT', { min: 1, max: 20, fallback: 3 })).toBe(12);
    expect(settings.url('URL', '')).toBe('http://127.0.0.1:4101');
  });

  it('fall back where nothing or an empty text is set', () => {
    expect(settings.listen('EMPTY', '127.0.0.1:1')).toEqual({ host: '127.0.0.1', port: 1 });
    expect(settings.integer('NONE', { min: 1, max: 20, fallback: 3 })).toBe(3);
    expect(settings.oneOf('NONE', ['yes', 'no'], 'no')).toBe('no');
    expect(settings.optional('EMPTY')).toBeUndefined();
  });

  it.each([
    [() => settings.listen('BAD_LISTEN', ''), 'BAD_LISTEN: expected host:port, got localhost'],
    [() => settings.listen('BIG_PORT', ''), 'BIG_PORT: expected host:port, got localhost:65536'],
    [() => settings.oneOf('MODE', ['yes', 'no'], 'no'), 'MODE: expected yes or no, got maybe'],
    [
      () => settings.integer('COUNT', { min: 1, max: 9, fallback: 1 }),
      'COUNT: expected a whole number from 1 to 9, got 12',
    ],
    [
      () => settings.integer('MANY', { min: 1, max: 9999, fallback: 1 }),
      'MANY: expected a whole number from 1 to 9999, got 1e3',
    ],
    [() => settings.url('BAD_URL', ''), 'BAD_URL: expected an http: or https: address, got ftp://…@host'],
    [() => settings.secret('SECRET'), 'SECRET: expected 16 characters or more, got 7'],
    [() => settings.secret('NONE'), 'NONE: expected a secret, got nothing'],
  ])('name the variable, the bound and the value (%#)', (read, message) => {
    expect(read).toThrow(message);
  });
});
