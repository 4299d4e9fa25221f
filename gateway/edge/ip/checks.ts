import { isCidr } from '../../config/address.ts';
import type { Finding, KeyPath } from '../../config/problem.ts';
import { isToken } from '../../core/headers.ts';
import type { IpConfig } from './schema.ts';

/** Two letters (ISO 3166-1), or Cloudflare's `T1` for Tor. */
const countryPattern = /^(?:[A-Z]{2}|T1)$/i;

/** Addresses are addresses, countries are countries, and somebody is there to name them. */
export function* checkIp(ip: IpConfig, path: KeyPath, trust: readonly string[]): Generator<Finding> {
  const bad = (at: KeyPath, message: string, code = 'bad-value'): Finding => ({
    ...{ severity: 'error', code, path: [...path, ...at], message },
  });
  for (const list of ['allow', 'deny'] as const)
    for (const [index, entry] of ip[list].entries())
      if (!isCidr(entry)) yield bad([list, index], `expected an address or CIDR, got ${entry}`);
  for (const list of ['allowCountries', 'denyCountries'] as const)
    for (const [index, entry] of ip[list].entries())
      if (!countryPattern.test(entry))
        yield bad([list, index], `expected a country code of two letters such as DE, got ${entry}`);
      else if (ip.countryHeader === undefined)
        yield bad([list], 'expected a countryHeader beside it, got none: nobody says the country');
  const { countryHeader } = ip;
  if (countryHeader === undefined) return;
  if (!isToken(countryHeader))
    yield bad(['countryHeader'], `expected the name of a header field, got ${countryHeader}`);
  const isAsked = ip.allowCountries.length > 0 || ip.denyCountries.length > 0;
  if (isAsked && trust.length === 0)
    yield bad(
      ['countryHeader'],
      `expected the proxies that set ${countryHeader} in trust:, got none: any client could write it`,
      'country-untrusted',
    );
}
