import type { Figures } from './asks.ts';
import type { Children } from './children.ts';
import type { Table } from './table.ts';

/** What every part of a run is given. */
export interface Bench {
  readonly children: Children;
  /** The gateway's main file. */
  readonly entry: string;
  /** Length of one measurement, in seconds. */
  readonly seconds: number;
  /** Length of the round that does not count, in seconds: compilers take their time. */
  readonly warmUp: number;
  /** Measurements of each contestant, interleaved; the median counts. */
  readonly rounds: number;
  /** Shows how far it is. */
  say(line: string): void;
}

/** What a part found. */
export interface Section {
  readonly title: string;
  /** Undefined where nothing could be measured; the notes say why. */
  readonly table?: Table;
  /** How it was measured, and what fell short. */
  readonly notes: readonly string[];
  readonly figures: Figures;
}

export type Part = (bench: Bench) => Promise<Section>;
