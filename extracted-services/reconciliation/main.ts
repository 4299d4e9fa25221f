/**
 * `npm run estate -- reconcile users|products|orders`: do the monolith and the service agree? Exit 0 if they do, 1 if not, 3 if it
 * could not be found out. What it reads of the environment is in docs/patterns/backfill-and-reconciliation.md.
 */
import { setTimeout } from 'node:timers/promises';
import { createClientCredentials } from '../chassis/client-credentials.ts';
import { requireLegacyFeed } from '../chassis/legacy/read-feed.ts';
import { createOutgoing } from '../chassis/outgoing.ts';
import { orExit } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { readTls, type Tls } from '../chassis/tls.ts';
import { newTrace } from '../chassis/trace.ts';
import { type Comparison, compareStores, type Digest, lasting } from './compare.ts';

const entities = {
  users: { variable: 'USERS_URL', url: 'http://127.0.0.1:4101' },
  products: { variable: 'PRODUCTS_URL', url: 'http://127.0.0.1:4102' },
  orders: { variable: 'ORDERS_URL', url: 'http://127.0.0.1:4103' },
} as const;
type Entity = keyof typeof entities;

const maxShown = 100;
const settings = readSettings(process.env);

const comparison = await orExit('reconcile', async () => {
  const entity = toEntity(process.argv[2]);
  const legacy = requireLegacyFeed(settings);
  const tls = await readTls(settings.optional('MTLS_DIR'), 'reconcile');
  const token = tokenReader(entity, tls);
  const { variable, url } = entities[entity];
  const service = createOutgoing({
    name: entity,
    baseUrl: settings.url(variable, url),
    tls,
    ...(token && { token: token.read }),
  });
  const readService = async (after: number, limit: number): Promise<readonly Digest[]> => {
    const path = `/v1/digests/${entity}?after=${after}&limit=${limit}`;
    const { status, json } = await service.request({ method: 'GET', path, trace: newTrace() });
    if (status !== 200) throw new Error(`${entity} answered ${status} to ${path}`);
    return (json as { digests: Digest[] }).digests;
  };
  try {
    const look = (): Promise<Comparison> =>
      compareStores((after, limit) => legacy.digests(entity, after, limit), readService);
    const first = await look();
    if (first.disagreements.length === 0) return first;
    await setTimeout(settings.integer('RECONCILE_SETTLE', { min: 0, max: 60_000, fallback: 2000 }));
    return lasting(first, await look());
  } finally {
    for (const part of [legacy, service, token]) part?.close();
  }
});

for (const { id, kind } of comparison.disagreements.slice(0, maxShown)) console.log(`${id} ${kind}`);
const { rows, disagreements } = comparison;
if (disagreements.length > maxShown) console.log(`… and ${disagreements.length - maxShown} more`);
console.log(`${rows} rows, ${disagreements.length} disagree`);
process.exitCode = disagreements.length > 0 ? 1 : 0;

function toEntity(given: string | undefined): Entity {
  const known = Object.keys(entities).find(name => name === given);
  if (known !== undefined) return known as Entity;
  throw new Error(`expected ${Object.keys(entities).join(', ')}, got ${given ?? 'nothing'}`);
}

/** A token of the command's own, if RECONCILE_CLIENT_SECRET is set. */
function tokenReader(
  entity: Entity,
  tls: Tls | undefined,
): { read(): Promise<string>; close(): void } | undefined {
  if (settings.optional('RECONCILE_CLIENT_SECRET') === undefined) return undefined;
  const credentials = createClientCredentials({
    tokenUrl: `${settings.url('USERS_URL', 'http://127.0.0.1:4101')}/oauth/token`,
    clientId: 'reconcile',
    clientSecret: settings.secret('RECONCILE_CLIENT_SECRET'),
    scope: `${entity}:read`,
    tls,
  });
  return { read: () => credentials.token(), close: () => credentials.close() };
}
