import { join } from 'node:path';
import type { Secrets } from './secrets.ts';
import {
  addressOf,
  clientSecrets,
  createWiring,
  dataFolder,
  type Env,
  type Listener,
  urlOf,
} from './wiring.ts';

/** One process of the estate: how it is started, where it answers, and how one sees that it does. */
export interface ProcessSpec {
  readonly name: string;
  /** Processes that must be healthy before this one starts. */
  readonly needs: readonly string[];
  /** Arguments for Node, relative to the top of the repository. */
  readonly args: readonly string[];
  /** Added to the launcher's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it listens, by the variable that names another place. */
  readonly listens: Readonly<Record<string, string>>;
  readonly url: string;
  /** Answers 200 once the process is ready. */
  readonly health: string;
}

interface Row {
  readonly name: string;
  /** Default: a service of that name. */
  readonly args?: readonly string[];
  readonly needs?: readonly string[];
  /** What it listens on, the first for all to see; default: of its own name. */
  readonly listens?: readonly Listener[];
  /** The variable of its store, and the file there; default: of its own name. */
  readonly store?: readonly [variable: string, file: string] | 'none';
  /** What it is told of the others, by the names of the wiring: no secret that it does not need. */
  readonly reads?: readonly string[];
  /** Where its health is, if not at `/readyz` of the first that it listens on. */
  readonly health?: string;
}

/** Whose tokens a service takes: see `extracted-services/chassis/issuers.ts`. */
const tokens = ['USERS_URL', 'GATEWAY_JWKS_URL'];
const bus = 'BUS_DATABASE';
/** What the backends for frontends put their pages together from. */
const peers = ['PRODUCTS_URL', 'ORDERS_URL', 'PAYMENTS_URL', 'NOTIFICATIONS_URL'];
/** To read from the monolith and write to it behind the shop's back. */
const inside = ['LEGACY_URL', 'LEGACY_INTERNAL_TOKEN'];

/** In the order of the table; they stop the other way round. */
const rows = (env: Env): readonly Row[] => [
  {
    name: 'legacy',
    args: ['legacy-monolith/main.ts'],
    reads: ['LEGACY_INTERNAL_TOKEN'],
    health: `${urlOf(env, 'LEGACY')}/ping`,
  },
  {
    name: 'users',
    needs: ['legacy'],
    reads: [...tokens, bus, ...inside, ...clientSecrets],
  },
  {
    name: 'products',
    needs: ['legacy'],
    listens: ['PRODUCTS', 'PRODUCTS_GRPC'],
    reads: [...tokens, bus, ...inside, 'PRODUCTS_SWITCHES'],
  },
  { name: 'change-capture', needs: ['legacy'], reads: [bus, ...inside] },
  {
    name: 'anti-corruption',
    needs: ['legacy'],
    reads: ['USERS_URL', bus, ...inside, 'ORDERS_URL', 'ANTI_CORRUPTION_CLIENT_SECRET'],
  },
  {
    name: 'orders',
    needs: ['legacy'],
    reads: [
      ...[...tokens, bus, ...inside, 'ORDERS_SWITCHES'],
      ...['PRODUCTS_URL', 'PRODUCTS_GRPC', 'PAYMENTS_URL', 'ORDERS_CLIENT_SECRET'],
    ],
  },
  { name: 'payments', reads: [...tokens, bus] },
  { name: 'notifications', reads: [...tokens, bus] },
  { name: 'web-bff', store: 'none', reads: [...tokens, ...peers] },
  { name: 'mobile-bff', store: 'none', reads: [...tokens, ...peers] },
  { name: 'stamp-function', store: 'none', reads: ['STAMP_FUNCTION_SECRET'] },
  {
    name: 'gateway',
    // Whoever comes with a token first is let in: the keys are there.
    needs: ['users'],
    args: ['gateway/main.ts', 'start', '--config', env.FIGWAY_CONFIG || 'routes.yaml'],
    listens: ['FIGWAY', 'FIGWAY_ADMIN'],
    store: ['FIGWAY_STORE', 'figway.db'],
    reads: [
      ...['USERS_URL', 'USERS_ISSUER', 'USERS_VIA', 'GATEWAY_CLIENT_SECRET'],
      ...['LEGACY_URL', 'PRODUCTS_URL', 'ORDERS_URL', 'PAYMENTS_URL'],
    ],
    health: `${urlOf(env, 'FIGWAY_ADMIN')}/readyz`,
  },
];

/**
 * The processes of the estate. Where they listen and keep their data is by the environment, all of it with defaults:
 * `<NAME>_LISTEN`, FIGWAY_CONFIG, ESTATE_DATA.
 * @param mtls the folder of certificates, a whole path, if all but the monolith are to show one.
 */
export function estateProcesses(env: Env, secrets: Secrets, mtls?: string): readonly ProcessSpec[] {
  const wiring = createWiring(env, secrets, mtls);
  return rows(env).map(row => {
    const variable = row.name.toUpperCase().replaceAll('-', '_');
    const listeners = row.listens ?? [variable as Listener];
    const listens = Object.fromEntries(listeners.map(name => [`${name}_LISTEN`, addressOf(env, name)]));
    const store = row.store ?? [`${variable}_DATABASE`, `${row.name}.db`];
    const url = urlOf(env, listeners[0] ?? (variable as Listener), mtls);
    return {
      name: row.name,
      needs: row.needs ?? [],
      args: row.args ?? [`extracted-services/${row.name}/main.ts`],
      env: {
        ...listens,
        ...(store !== 'none' && { [store[0]]: `${dataFolder(env)}/${store[1]}` }),
        ...Object.fromEntries((row.reads ?? []).map(name => [name, wiring[name] ?? ''])),
        ...(mtls !== undefined && certificatesOf(row.name, mtls)),
      },
      listens,
      url,
      health: row.health ?? `${url}/readyz`,
    };
  });
}

/** Services look in the folder for their own; the gateway's are named by `routes.yaml`. The monolith has none. */
function certificatesOf(name: string, folder: string): Readonly<Record<string, string>> {
  if (name === 'legacy') return {};
  if (name !== 'gateway') return { MTLS_DIR: folder };
  return {
    MTLS_CA: join(folder, 'ca.pem'),
    MTLS_CERT: join(folder, 'gateway.pem'),
    MTLS_KEY: join(folder, 'gateway-key.pem'),
  };
}
