/** Looks things up by key for one request: keys that are asked for in one turn are looked up together, each key once. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value | undefined>;
}

/**
 * @param lookUp finds what there is of these keys; never called with more than `max` at once, nor with none.
 */
export function createLoader<Key, Value>(
  max: number,
  lookUp: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): Loader<Key, Value> {
  const known = new Map<Key, Promise<Value | undefined>>();
  let waiting: Key[] = [];
  let batch: Promise<ReadonlyMap<Key, Value>> | undefined;
  /** Resolves with the batch that the key will be in. */
  const join = (key: Key): Promise<ReadonlyMap<Key, Value>> => {
    if (waiting.length >= max) batch = undefined;
    if (batch === undefined) {
      const keys: Key[] = [];
      waiting = keys;
      batch = endOfTurn().then(() => {
        if (waiting === keys) batch = undefined;
        return lookUp(keys);
      });
    }
    waiting.push(key);
    return batch;
  };
  return {
    load(key) {
      const asked = known.get(key) ?? join(key).then(found => found.get(key));
      known.set(key, asked);
      return asked;
    },
  };
}

const endOfTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
