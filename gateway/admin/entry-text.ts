import type { AdminDeps } from './deps.ts';

interface Place {
  readonly route: string;
  readonly entry: number;
  /** Undefined: whichever stands there now. */
  readonly template?: string;
}

/** A match entry as it is written, `GET /orders/:id`; undefined where none of that pattern stands there now. */
export function entryText(
  deps: Pick<AdminDeps, 'routes'>,
  { route, entry, template }: Place,
): string | undefined {
  const found = deps.routes().find(({ name }) => name === route)?.entries[entry];
  return template === undefined || found?.pattern === template ? found?.text : undefined;
}
