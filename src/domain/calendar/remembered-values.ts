/** Values that take long to find and are asked for again: of so many keys at most. */
export class RememberedValues<Key, Value> {
  readonly #values = new Map<Key, Value>();
  readonly #keysMax: number;

  /** @param keysMax when there are so many, all are forgotten */
  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** The value of `key`, by `find` when it is not remembered. */
  of(key: Key, find: (key: Key) => Value): Value {
    const remembered = this.#values.get(key);
    if (remembered !== undefined) return remembered;
    const found = find(key);
    if (this.#values.size >= this.#keysMax) this.#values.clear();
    this.#values.set(key, found);
    return found;
  }
}
