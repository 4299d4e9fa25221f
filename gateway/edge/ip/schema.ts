import { list, shape, text } from '../../config/define.ts';
import { mode } from '../mode.ts';

export const ip = shape({
  allow: list(text('an address or CIDR')).default([]),
  deny: list(text('an address or CIDR')).default([]),
  countryHeader: text('a header name').optional(),
  allowCountries: list(text('a country code')).default([]),
  denyCountries: list(text('a country code')).default([]),
  mode: mode().optional(),
});
