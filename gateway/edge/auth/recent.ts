/** A map that forgets what was not asked for lately. */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/**
 * Holds at most `most` entries, in two halves: what is read or written is in the young one; when that is full it
 * becomes the old one, and what was old is forgotten. So a hit costs a look-up, and no list is kept in order.
 */
export function createRecent<V>(most: number): Recent<V> {
  const half = most / 2;
  let young = new Map<string, V>();
  let old = new Map<string, V>();

  const set = (key: string, value: V): void => {
    if (young.size >= half && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };

  return {
    get(key) {
      const found = young.get(key);
      if (found !== undefined) return found;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    set,
  };
}
