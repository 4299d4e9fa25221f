import { list, shape, text } from '../../config/define.ts';
import { mode } from '../mode.ts';

export const ip = shape({
  allow: list(text('an address or CIDR')).default([]).describe('If any are given, only these may come'),
  deny: list(text('an address or CIDR')).default([]).describe('These may not'),
  countryHeader: text('a header name')
    .optional()
    .describe('Field in which a trusted proxy names the country'),
  allowCountries: list(text('a country code')).default([]).describe('If any are given, only these may come'),
  denyCountries: list(text('a country code')).default([]).describe('These may not'),
  mode: mode().optional(),
});
