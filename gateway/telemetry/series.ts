/** Series by a small number. The last one that was asked for is at hand: requests of a route are mostly alike. */
export class Series<Value> {
  readonly #all = new Map<number, Value>();
  #key = Number.NaN;
  #latest: Value | undefined;

  get(key: number): Value | undefined {
    if (key !== this.#key) {
      this.#latest = this.#all.get(key);
      this.#key = key;
    }
    return this.#latest;
  }

  add(key: number, value: Value): Value {
    this.#all.set(key, value);
    this.#key = key;
    this.#latest = value;
    return value;
  }

  values(): Iterable<Value> {
    return this.#all.values();
  }
}
