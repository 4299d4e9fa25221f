/** `npm run estate -- switch orders ORDERS_DELAY=slow`: turns the honest differences of a service while it runs. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readSettings, type Settings } from '../extracted-services/chassis/settings.ts';
import { readSwitches as ofOrders } from '../extracted-services/orders/switches.ts';
import { readSwitches as ofProducts } from '../extracted-services/products/switches.ts';

const services: Readonly<Record<string, (settings: Settings) => unknown>> = {
  orders: ofOrders,
  products: ofProducts,
};

/** The file of a service that has switches: lines `NAME=value`, which go before its environment. */
export const switchFile = (folder: string, service: string): string => join(folder, `${service}.switches`);

/** Adds these to what was turned before. Rejects, and changes nothing, for what is no switch of the service or no value of it. */
export async function turnSwitches(
  folder: string,
  [service = '', ...words]: readonly string[],
): Promise<string> {
  const read = Object.hasOwn(services, service) ? services[service] : undefined;
  if (!read) throw new Error(`expected ${Object.keys(services).join(' or ')}, got ${service || 'nothing'}`);
  const names = namesOf(read);
  const given = words.map(word => toPair(word, names));
  if (given.length === 0) throw new Error(`expected a switch such as ${names[0]}=as-legacy, got nothing`);
  const file = switchFile(folder, service);
  const all = { ...parseEnv(await readFile(file, 'utf8').catch(() => '')), ...Object.fromEntries(given) };
  read(readSettings(all));
  const text = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  // In one step: the service may look at any moment.
  await writeFile(`${file}.new`, text.join(''));
  await rename(`${file}.new`, file);
  return `${service} takes it in within a second: ${words.join(' ')}`;
}

/** A start begins with what its environment says. */
export async function forgetSwitches(folder: string): Promise<void> {
  for (const service of Object.keys(services)) await rm(switchFile(folder, service), { force: true });
}

function toPair(word: string, names: readonly string[]): [name: string, value: string] {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
  if (names.includes(name)) return [name, value];
  throw new Error(`expected one of ${names.join(', ')} with =value, got ${word.slice(0, 60)}`);
}

/** The variables that a service reads its switches from. */
function namesOf(read: (settings: Settings) => unknown): readonly string[] {
  const names: string[] = [];
  read({
    ...readSettings({}),
    oneOf(name, _values, fallback) {
      names.push(name);
      return fallback;
    },
  });
  return names;
}
