import { clientScopes, secretVariable } from '../extracted-services/users/clients.ts';
import type { Secrets } from './secrets.ts';
import { switchFile } from './switches.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** How the processes find and know each other: what a process may be told, by the variable that tells it. */
export type Wiring = Readonly<Record<string, string>>;

/** Where each listens by default: the port on loopback, by the first part of its variables. */
export const ports = {
  LEGACY: 4000,
  USERS: 4101,
  PRODUCTS: 4102,
  ORDERS: 4103,
  PAYMENTS: 4104,
  NOTIFICATIONS: 4105,
  CHANGE_CAPTURE: 4110,
  ANTI_CORRUPTION: 4111,
  PRODUCTS_GRPC: 4152,
  WEB_BFF: 4201,
  MOBILE_BFF: 4202,
  STAMP_FUNCTION: 4301,
  FIGWAY: 8080,
  FIGWAY_ADMIN: 8081,
} as const;
export type Listener = keyof typeof ports;

/** Where it listens: `<NAME>_LISTEN`, else its port on loopback. */
export const addressOf = (env: Env, name: Listener): string =>
  env[`${name}_LISTEN`] || `127.0.0.1:${ports[name]}`;

/** These speak plain HTTP always: the monolith is as old as it is, and clients of the gateway have no certificate. */
const plain: readonly Listener[] = ['LEGACY', 'FIGWAY', 'FIGWAY_ADMIN'];

/** @param mtls the folder of certificates, if services ask for one. */
export const urlOf = (env: Env, name: Listener, mtls?: string): string =>
  `http${mtls === undefined || plain.includes(name) ? '' : 's'}://${addressOf(env, name)}`;

/** The secrets that clients get tokens by, all of which the users service knows. */
export const clientSecrets: readonly string[] = Object.keys(clientScopes).map(secretVariable);

export const secretNames: readonly string[] = [
  'LEGACY_INTERNAL_TOKEN',
  'STAMP_FUNCTION_SECRET',
  ...clientSecrets,
];

export const dataFolder = (env: Env): string => env.ESTATE_DATA || 'data';

/** A secret that the environment has goes before the one that was made. `mtls` is as for `urlOf`. */
export function createWiring(env: Env, secrets: Secrets, mtls?: string): Wiring {
  const at = (name: Listener): string => urlOf(env, name, mtls);
  return {
    LEGACY_URL: at('LEGACY'),
    USERS_URL: at('USERS'),
    USERS_ISSUER: at('USERS'),
    USERS_VIA: at('USERS'),
    PRODUCTS_URL: at('PRODUCTS'),
    PRODUCTS_GRPC: addressOf(env, 'PRODUCTS_GRPC'),
    ORDERS_URL: at('ORDERS'),
    PAYMENTS_URL: at('PAYMENTS'),
    NOTIFICATIONS_URL: at('NOTIFICATIONS'),
    GATEWAY_JWKS_URL: `${at('FIGWAY')}/.well-known/figway/jwks.json`,
    BUS_DATABASE: `${dataFolder(env)}/bus.db`,
    ORDERS_SWITCHES: switchFile(dataFolder(env), 'orders'),
    PRODUCTS_SWITCHES: switchFile(dataFolder(env), 'products'),
    ...(mtls !== undefined && { MTLS_DIR: mtls }),
    ...Object.fromEntries(secretNames.map(name => [name, env[name] || (secrets[name] ?? '')])),
  };
}
