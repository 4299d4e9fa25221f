import { Refusal } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { toAddressList } from '../addresses.ts';
import type { Guard, GuardFacts, GuardMaker } from '../guard.ts';
import { stageMode } from '../mode.ts';
import type { IpConfig } from './schema.ts';

const settingsOf = ({ route, edge }: GuardFacts): IpConfig | undefined =>
  route === undefined ? edge.unclaimed.ip : (route.ip ?? edge.ip);

/** Who may come, by address and country. It never says by which list somebody was refused. */
export const ip: GuardMaker = {
  name: 'ip',
  modeOf(facts) {
    const settings = settingsOf(facts);
    return settings === undefined ? undefined : (settings.mode ?? stageMode(facts));
  },
  compile(facts) {
    const settings = settingsOf(facts);
    return settings === undefined ? () => undefined : compileIp(settings);
  },
};

function compileIp(settings: IpConfig): Guard['check'] {
  const isAllowed = toAddressList(settings.allow);
  const isDenied = toAddressList(settings.deny);
  const allowed = new Set(settings.allowCountries.map(toCountry));
  const denied = new Set(settings.denyCountries.map(toCountry));
  const field = settings.countryHeader?.toLowerCase();
  const hasDeny = settings.deny.length > 0;
  const hasAllow = settings.allow.length > 0;

  const mayCome = (exchange: Exchange): boolean => {
    const { address } = exchange.client;
    if (hasDeny && isDenied(address)) return false;
    if (hasAllow && !isAllowed(address)) return false;
    if (field === undefined) return true;
    const countries = countriesOf(exchange, field);
    // A client may have sent the field too: then whoever is denied by one of them is denied.
    if (countries.some(country => denied.has(country))) return false;
    return allowed.size === 0 || (countries.length > 0 && countries.every(country => allowed.has(country)));
  };

  return exchange =>
    mayCome(exchange) ? undefined : new Refusal('address-denied', 'this address may not come here');
}

/** What a trusted peer says of the client; none where nobody says it who is believed. */
function countriesOf({ client, req }: Exchange, field: string): string[] {
  const value = client.trusted ? req.headers[field] : undefined;
  if (value === undefined) return [];
  return (typeof value === 'string' ? value : value.join(',')).split(',').map(toCountry).filter(Boolean);
}

const toCountry = (text: string): string => text.trim().toUpperCase();
