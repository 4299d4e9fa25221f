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

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The processes, in the order of the table; they stop the other way round. From the environment, all with
 * defaults: LEGACY_LISTEN, ORDERS_LISTEN, FIGWAY_LISTEN, FIGWAY_ADMIN_LISTEN, FIGWAY_CONFIG, ESTATE_DATA.
 */
export function estateProcesses(env: Env): readonly ProcessSpec[] {
  const legacy = env.LEGACY_LISTEN ?? '127.0.0.1:4000';
  const orders = env.ORDERS_LISTEN ?? '127.0.0.1:4103';
  const gateway = env.FIGWAY_LISTEN ?? '127.0.0.1:8080';
  const admin = env.FIGWAY_ADMIN_LISTEN ?? '127.0.0.1:8081';
  const data = env.ESTATE_DATA ?? 'data';
  return [
    {
      name: 'legacy',
      needs: [],
      args: ['legacy-monolith/main.ts'],
      env: { LEGACY_LISTEN: legacy, LEGACY_DATABASE: `${data}/legacy.db` },
      listens: { LEGACY_LISTEN: legacy },
      url: `http://${legacy}`,
      health: `http://${legacy}/ping`,
    },
    {
      name: 'orders',
      // Its store is filled from the monolith's database.
      needs: ['legacy'],
      args: ['extracted-services/orders/main.ts'],
      env: {
        ORDERS_LISTEN: orders,
        ORDERS_DATABASE: `${data}/orders.db`,
        ORDERS_BACKFILL_FROM: `${data}/legacy.db`,
        // Nobody issues tokens here yet, and it listens on loopback.
        ORDERS_AUTH: 'off',
        BUS_DATABASE: `${data}/bus.db`,
      },
      listens: { ORDERS_LISTEN: orders },
      url: `http://${orders}`,
      health: `http://${orders}/readyz`,
    },
    {
      name: 'gateway',
      needs: [],
      args: ['gateway/main.ts', 'start', '--config', env.FIGWAY_CONFIG ?? 'routes.yaml'],
      env: {
        LEGACY_URL: `http://${legacy}`,
        ORDERS_URL: `http://${orders}`,
        FIGWAY_STORE: `${data}/figway.db`,
      },
      listens: { FIGWAY_LISTEN: gateway, FIGWAY_ADMIN_LISTEN: admin },
      url: `http://${gateway}`,
      health: `http://${admin}/readyz`,
    },
  ];
}
