/**
 * Keeps one of what would be equal: of 10,000 routes few say something of their own, and what all requests share stays in
 * the caches of the processor.
 * @returns `make()`, or what it made before for that key; undefined keeps it apart from all others
 */
export function createIntern<Value>(): (key: string | undefined, make: () => Value) => Value {
  const known = new Map<string, Value>();
  return (key, make) => {
    if (key === undefined) return make();
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make();
    known.set(key, made);
    return made;
  };
}
