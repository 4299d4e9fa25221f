import type { Repository } from './repository.ts';

export interface RebuildOptions {
  /** Events a transaction; default 500. */
  readonly pageSize?: number;
  /** Called after each page with the events taken so far. */
  readonly onPage?: (taken: number) => void;
}

/**
 * Makes the read model anew from all events, beside the one that is read meanwhile: in the moment in which it has caught
 * up it takes its place. One that is cut off is begun again. Resolves with how many events there were.
 */
export async function rebuild(repository: Repository, options: RebuildOptions = {}): Promise<number> {
  const { pageSize = 500, onPage } = options;
  const generation = await repository.readModel.begin();
  for (let total = 0; ; ) {
    const { taken, isActive } = await repository.readModel.fill(generation, pageSize);
    if (isActive) return total;
    total += taken;
    onPage?.(total);
  }
}
