/**
 * The fields of a JSON map that somebody may have made who was not to: of a header, which anybody can
 * give the right sum, or of what a worker says.
 */
export class JsonFields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #refuse: (reason: string) => Error;

  private constructor(
    fields: Readonly<Record<string, unknown>>,
    refuse: (reason: string) => Error,
  ) {
    this.#fields = fields;
    this.#refuse = refuse;
  }

  /** @param refuse makes the error for what cannot be */
  static parse(text: string, refuse: (reason: string) => Error): JsonFields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw refuse('it is not JSON');
    }
    if (!isMap(value)) throw refuse('it is not a map');
    return new JsonFields(value, refuse);
  }

  count(name: string, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#fields[name];
    const isCount = typeof value === 'number' && Number.isInteger(value);
    if (isCount && value >= 0 && value <= max) return value;
    throw this.#wrong(name);
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value === 'string') return value;
    throw this.#wrong(name);
  }

  /** So many hexadecimal digits. */
  hex(name: string, digits: number): string {
    const value = this.text(name);
    if (value.length === digits && /^[0-9a-f]*$/.test(value)) return value;
    throw this.#wrong(name);
  }

  oneOf<const Text extends string>(name: string, known: readonly Text[]): Text {
    const value = this.text(name);
    const found = known.find((each) => each === value);
    if (found === undefined) throw this.#wrong(name);
    return found;
  }

  texts(name: string): readonly string[] {
    const value = this.#fields[name];
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
    throw this.#wrong(name);
  }

  map(name: string): JsonFields {
    const fields = this.mapOrNull(name);
    if (fields === null) throw this.#wrong(name);
    return fields;
  }

  mapOrNull(name: string): JsonFields | null {
    const value = this.#fields[name];
    if (value === null) return null;
    if (isMap(value)) return new JsonFields(value, this.#refuse);
    throw this.#wrong(name);
  }

  #wrong(name: string): Error {
    return this.#refuse(`its field '${name}' is not as it should be`);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
