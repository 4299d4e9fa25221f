import { type Infer, list, shape, text } from '../../config/define.ts';
import { mode } from '../mode.ts';

export const ip = shape({
  allow: list(text('an address or CIDR')).default([]).describe('If any are given, only these may come'),
  deny: list(text('an address or CIDR')).default([]).describe('These may not, whatever `allow` says'),
  countryHeader: text('a header name')
    .optional()
    .describe('Field in which a trusted proxy names the country in two letters'),
  allowCountries: list(text('a country code'))
    .default([])
    .describe(
      'If any are given, only these may come, on top of `allow`; a client of whom no trusted proxy names the country may not',
    ),
  denyCountries: list(text('a country code')).default([]).describe('These may not'),
  mode: mode().optional(),
});

export type IpConfig = Infer<typeof ip>;
