/** A config that once ran: its files as text with `${…}` unresolved, by path relative to the main file. */
export interface LastGood {
  readonly at: number;
  readonly hash: string;
  readonly main: string;
  readonly files: readonly { readonly file: string; readonly text: string }[];
}

/** Implemented by `store/`. */
export interface LastGoodStore {
  lastGood(): Promise<LastGood | undefined>;
  keepLastGood(config: LastGood): Promise<void>;
}
