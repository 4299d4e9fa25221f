/** When a route was held or released last, by whom and why. */
export interface Stamp {
  /** Wall clock, milliseconds, or one more than that of the order before. */
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** The newest order of each route, so that of two gateways' orders the later counts on both. */
export interface Stamps {
  of(route: string): Stamp | undefined;
  /** Stamps an order that is given now: later than all that is known of the route, whatever the clocks say. */
  mark(route: string, now: number, order: Omit<Stamp, 'at'>): Stamp;
  set(route: string, stamp: Stamp): void;
  routes(): Iterable<string>;
}

/** Routes that are remembered; beyond, those without an order for longest are forgotten. */
const mostRoutes = 10_000;

export function createStamps(): Stamps {
  const stamps = new Map<string, Stamp>();

  function set(route: string, stamp: Stamp): void {
    stamps.delete(route);
    stamps.set(route, stamp);
    const [oldest] = stamps.keys();
    if (stamps.size > mostRoutes && oldest !== undefined) stamps.delete(oldest);
  }

  return {
    of: route => stamps.get(route),
    mark(route, now, order) {
      const stamp = { ...order, at: Math.max(now, (stamps.get(route)?.at ?? 0) + 1) };
      set(route, stamp);
      return stamp;
    },
    set,
    routes: () => stamps.keys(),
  };
}
