/** Turns the path that the client asked for into the service's, and a path of the service's back. */
export interface Rewrite {
  /** The path for the service, without query. `entry` is the match entry, `params` its values as sent. */
  forward(entry: number, params: readonly string[]): string;
  /** The client's path for a path of the service; undefined where no pattern or more than one fits. */
  back(path: string): string | undefined;
}
