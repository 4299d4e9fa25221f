import { decimal } from './statistics.ts';
import type { Table } from './table.ts';

/** One figure that is asked of the gateway, with the bound it must meet. */
export interface Ask {
  readonly figure: string;
  readonly sense: 'at-least' | 'at-most';
  readonly ask: number;
  readonly dream?: number;
  readonly unit: '×' | 'ms' | 'MiB' | 'KiB' | 'requests' | 'pairs';
}

/** Every ask that is measured here, by the name under which a part reports it. */
export const asks = {
  claimedOverStock: {
    figure: 'plain forwarding, claimed route ÷ stock http-proxy-middleware, one core',
    sense: 'at-least',
    ask: 2,
    dream: 3,
    unit: '×',
  },
  fullOverStock: {
    figure: 'full edge ÷ stock http-proxy-middleware, one core',
    sense: 'at-least',
    ask: 2,
    dream: 3,
    unit: '×',
  },
  fullOverCaddy: {
    figure: 'full edge ÷ Caddy plain',
    sense: 'at-least',
    ask: 1,
    dream: 1.5,
    unit: '×',
  },
  fullOverNginx: {
    figure: 'full edge ÷ nginx plain',
    sense: 'at-least',
    ask: 0.18,
    dream: 0.3,
    unit: '×',
  },
  unclaimedOverFull: {
    figure: 'unclaimed to legacy, no guards ÷ our own full edge',
    sense: 'at-least',
    ask: 1.2,
    dream: 1.5,
    unit: '×',
  },
  addedLatency: {
    figure: 'p99 at half of the saturation rate, added over direct',
    sense: 'at-most',
    ask: 3,
    dream: 1,
    unit: 'ms',
  },
  manyRoutes: {
    figure: '10,000 routes against 10: rate',
    sense: 'at-least',
    ask: 0.95,
    dream: 0.99,
    unit: '×',
  },
  swapFailures: {
    figure: 'swap of 10,000 routes during load: failed requests',
    sense: 'at-most',
    ask: 0,
    unit: 'requests',
  },
  swapStall: {
    figure: 'compile and swap 10,000 routes during load: longest stall of the event loop',
    sense: 'at-most',
    ask: 50,
    dream: 10,
    unit: 'ms',
  },
  shadowTenth: {
    figure: 'shadowing and comparing 10 % of requests: rate of served requests',
    sense: 'at-least',
    ask: 0.85,
    dream: 0.95,
    unit: '×',
  },
  shadowAll: {
    figure: 'shadowing and comparing 100 % of requests: rate of served requests',
    sense: 'at-least',
    ask: 0.45,
    dream: 0.6,
    unit: '×',
  },
  shadowedP50: {
    figure: 'at 50 requests a second: p50 with all compared ÷ p50 with none',
    sense: 'at-most',
    ask: 1.2,
    dream: 1.05,
    unit: '×',
  },
  comparingEqual: {
    figure: 'comparing in one thread: pairs of 1 KB JSON that are equal, a second',
    sense: 'at-least',
    ask: 40_000,
    unit: 'pairs',
  },
  comparingDiffering: {
    figure: 'comparing in one thread: pairs of 1 KB JSON that differ, a second',
    sense: 'at-least',
    ask: 15_000,
    unit: 'pairs',
  },
  comparingLarge: {
    figure: 'comparing in one thread: pairs of 100 KB JSON that differ, a second',
    sense: 'at-least',
    ask: 300,
    unit: 'pairs',
  },
  uploadGrowth: {
    figure: 'a 1 GiB body up: growth of memory',
    sense: 'at-most',
    ask: 64,
    dream: 16,
    unit: 'MiB',
  },
  downloadGrowth: {
    figure: 'a 1 GiB body down: growth of memory',
    sense: 'at-most',
    ask: 64,
    dream: 16,
    unit: 'MiB',
  },
  idleConnection: {
    figure: '10,000 idle keep-alive clients: memory a connection',
    sense: 'at-most',
    ask: 20,
    unit: 'KiB',
  },
  workers: {
    figure: 'workers on two cores ÷ one',
    sense: 'at-least',
    ask: 1.7,
    dream: 1.95,
    unit: '×',
  },
  start: {
    figure: 'start to first answer',
    sense: 'at-most',
    ask: 700,
    dream: 300,
    unit: 'ms',
  },
  check: {
    figure: '`figway check` of a 1,000-route file',
    sense: 'at-most',
    ask: 500,
    dream: 200,
    unit: 'ms',
  },
} as const satisfies Record<string, Ask>;

export type FigureName = keyof typeof asks;
export type Figures = Partial<Record<FigureName, number>>;
export type Judgement = 'yes' | 'no' | 'yes, the dream too' | 'not measured';

/** Whether a measured figure meets its ask, or even its dream. A figure that is not a number is not measured. */
export function judge(ask: Ask, measured: number | undefined): Judgement {
  if (measured === undefined || Number.isNaN(measured)) return 'not measured';
  const meets = (bound: number): boolean =>
    ask.sense === 'at-least' ? measured >= bound : measured <= bound;
  if (ask.dream !== undefined && meets(ask.dream)) return 'yes, the dream too';
  return meets(ask.ask) ? 'yes' : 'no';
}

const inUnit = (value: number, unit: Ask['unit'], digits: number): string =>
  unit === '×' ? decimal(value, digits) : `${decimal(value, digits)} ${unit}`;

const asBound = (ask: Ask, value: number | undefined): string =>
  value === undefined
    ? ''
    : `${ask.sense === 'at-least' ? '≥' : '≤'} ${ask.unit === '×' ? value : `${value} ${ask.unit}`}`;

/** One row for every ask. */
export function asksTable(figures: Figures): Table {
  const names = Object.keys(asks) as FigureName[];
  return {
    columns: ['figure', 'ask', 'dream', 'measured', 'met'],
    rows: names.map(name => {
      const ask: Ask = asks[name];
      const measured = figures[name];
      const digits = ask.unit === '×' ? 2 : ask.unit === 'requests' || ask.unit === 'pairs' ? 0 : 1;
      return [
        ask.figure,
        asBound(ask, ask.ask),
        asBound(ask, ask.dream),
        measured === undefined ? '–' : inUnit(measured, ask.unit, digits),
        judge(ask, measured),
      ];
    }),
  };
}

/** A figure as an entry of `Figures`; none if it was not measured. */
export const figure = (name: FigureName, value: number | undefined): Figures =>
  value === undefined ? {} : { [name]: value };
