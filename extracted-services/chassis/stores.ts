import type { DatabaseOptions } from './database/database.ts';
import type { BusOptions } from './events/bus.ts';
import { SettingError, type Settings } from './settings.ts';

/**
 * Where a service keeps its tables: the schema of its name at DATABASE_URL, else the file `<NAME>_DATABASE`, by default
 * `data/<name>.db`.
 */
export function readDatabase(settings: Settings, name: string): Omit<DatabaseOptions, 'migrations'> {
  const schema = name.replaceAll('-', '_');
  const url = readUrl(settings, 'DATABASE_URL', ['postgres:', 'postgresql:']);
  const file = settings.text(`${schema.toUpperCase()}_DATABASE`, `data/${name}.db`);
  return { schema, ...(url === undefined ? { file } : { url }) };
}

/** The bus of the estate: the RabbitMQ at AMQP_URL, else the file BUS_DATABASE, by default `data/bus.db`. */
export function readBus(settings: Settings): Pick<BusOptions, 'amqpUrl' | 'file'> {
  const amqpUrl = readUrl(settings, 'AMQP_URL', ['amqp:', 'amqps:']);
  return amqpUrl === undefined ? { file: settings.text('BUS_DATABASE', 'data/bus.db') } : { amqpUrl };
}

/** Undefined if it is not set. Its value may carry a password, so the message does not show it. */
function readUrl(settings: Settings, name: string, protocols: readonly string[]): string | undefined {
  const given = settings.optional(name);
  if (given === undefined || protocols.includes(URL.parse(given)?.protocol ?? '')) return given;
  throw new SettingError(
    `${name}: expected an address that begins with ${protocols.map(protocol => `${protocol}//`).join(' or ')}`,
  );
}
