import type { ObjectLocation } from '../object/object-corrupt.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { isUuid } from './uuid-bytes.ts';
import { decodeMsgpack } from './msgpack.ts';

/** Longest text in a stored field: the description of an instance is the largest. */
const textMaxLength = 4 * 1024 * 1024;

/**
 * Reads the fields of a stored map one by one, each with its type and bounds. Stored data is
 * checked although it is authenticated: a defect of its writer must not travel further.
 *
 * Every method throws OBJECT_CORRUPT that names the field.
 */
export class StoredFields {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #location: ObjectLocation;
  readonly #path: string;

  private constructor(value: unknown, location: ObjectLocation, path: string) {
    if (!isPlainMap(value)) throw objectCorrupt(location, `${path || 'its content'} is not a map`);
    this.#fields = new Map(Object.entries(value));
    this.#location = location;
    this.#path = path;
  }

  /** @throws OBJECT_CORRUPT when the bytes are not one msgpack map. */
  static decode(bytes: Uint8Array, location: ObjectLocation): StoredFields {
    let value: unknown;
    try {
      value = decodeMsgpack(bytes);
    } catch (cause) {
      throw objectCorrupt(location, 'its content is not msgpack', cause);
    }
    return new StoredFields(value, location, '');
  }

  /** A text of at least one character. */
  text(name: string): string {
    const value = this.#fields.get(name);
    if (typeof value === 'string' && value.length >= 1 && value.length <= textMaxLength)
      return value;
    throw this.refuse(name, 'is not a text');
  }

  uuid(name: string): string {
    const value = this.text(name);
    if (isUuid(value)) return value;
    throw this.refuse(name, 'is not a UUID');
  }

  /** A whole number from `min` to `max`. */
  count(name: string, bounds: { readonly min?: number; readonly max?: number } = {}): number {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
    const value = this.#fields.get(name);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
      return value;
    }
    throw this.refuse(name, `is not a whole number from ${min} to ${max}`);
  }

  /** Exactly `lengthBytes` bytes. */
  bytes(name: string, lengthBytes: number): Uint8Array {
    const value = this.#fields.get(name);
    if (value instanceof Uint8Array && value.length === lengthBytes) return value;
    throw this.refuse(name, `is not a string of ${lengthBytes} bytes`);
  }

  /** Bytes that are rows of `rowLengthBytes`, one after the other; none is fine. */
  rows(name: string, rowLengthBytes: number): readonly Uint8Array[] {
    const value = this.#fields.get(name);
    if (!(value instanceof Uint8Array) || value.length % rowLengthBytes !== 0) {
      throw this.refuse(name, `is not made of rows of ${rowLengthBytes} bytes`);
    }
    return Array.from({ length: value.length / rowLengthBytes }, (_, row) =>
      value.subarray(row * rowLengthBytes, (row + 1) * rowLengthBytes),
    );
  }

  /** A text, or null where the field is not there at all: it was added to the format later. */
  laterText(name: string): string | null {
    return this.#fields.has(name) ? this.text(name) : null;
  }

  /** A whole number from 0 on, or null where the field is not there at all. */
  laterCount(name: string): number | null {
    return this.#fields.has(name) ? this.count(name) : null;
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[]): Value {
    const value = this.#fields.get(name);
    const found = values.find((each) => each === value);
    if (found !== undefined) return found;
    throw this.refuse(name, `is none of ${values.join(', ')}`);
  }

  isNull(name: string): boolean {
    return this.#fields.get(name) === null;
  }

  isText(name: string): boolean {
    return typeof this.#fields.get(name) === 'string';
  }

  map(name: string): StoredFields {
    return new StoredFields(this.#fields.get(name), this.#location, this.#pathOf(name));
  }

  /** A list of at most `lengthMax` maps. */
  maps(name: string, lengthMax: number): readonly StoredFields[] {
    return this.#list(name, lengthMax).map(
      (each, index) => new StoredFields(each, this.#location, `${this.#pathOf(name)}[${index}]`),
    );
  }

  /** A list of at most `lengthMax` texts. */
  texts(name: string, lengthMax: number): readonly string[] {
    return this.#list(name, lengthMax).map((each) => {
      if (typeof each === 'string') return each;
      throw this.refuse(name, 'is not a list of texts');
    });
  }

  /** The error that this field is not what it must be. */
  refuse(name: string, problem: string): Error {
    return objectCorrupt(this.#location, `${this.#pathOf(name)} ${problem}`);
  }

  #list(name: string, lengthMax: number): readonly unknown[] {
    const value = this.#fields.get(name);
    if (Array.isArray(value) && value.length <= lengthMax) return value;
    throw this.refuse(name, `is not a list of at most ${lengthMax}`);
  }

  #pathOf(name: string): string {
    return this.#path === '' ? `field ${name}` : `${this.#path}.${name}`;
  }
}

function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}
