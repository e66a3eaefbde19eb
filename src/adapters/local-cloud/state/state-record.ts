import type { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { corruptStateError } from './corrupt-state-error.ts';

/**
 * Reads the fields of a JSON object that came from a file. Everything that is not as it must be
 * is CLOUD_STATE_CORRUPT, with the file and the field.
 */
export class StateRecord {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #where: string;

  private constructor(fields: ReadonlyMap<string, unknown>, where: string) {
    this.#fields = fields;
    this.#where = where;
  }

  /** @param where the file, and where in it, for messages */
  static of(json: unknown, where: string): StateRecord {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw corruptStateError(where, 'is not a JSON object');
    }
    return new StateRecord(new Map(Object.entries(json)), where);
  }

  /** The file was written by a program that knew more than this one. */
  requireVersion(version: number): void {
    const found = this.integer('version');
    if (found === version) return;
    throw this.#wrong('version', `is ${found}, and this program knows ${version} only`);
  }

  /** One of several versions that this program can read. */
  version<const Version extends number>(...known: readonly Version[]): Version {
    const found = this.integer('version');
    const version = known.find((one) => one === found);
    if (version !== undefined) return version;
    throw this.#wrong('version', `is ${found}, and this program knows ${known.join(', ')} only`);
  }

  /** A string of at least one character that matches `pattern`. */
  string(name: string, pattern = /^./s): string {
    const value = this.#fields.get(name);
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw this.#wrong(name, `is not a string that matches ${String(pattern)}`);
  }

  optionalString(name: string, pattern?: RegExp): string | null {
    return this.#fields.get(name) === null ? null : this.string(name, pattern);
  }

  /** An integer from 0. */
  integer(name: string): number {
    const value = this.#fields.get(name);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.#wrong(name, 'is not an integer from 0');
  }

  optionalInteger(name: string): number | null {
    return this.#fields.get(name) === null ? null : this.integer(name);
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T {
    const value = this.#fields.get(name);
    const found = values.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    throw this.#wrong(name, `is not one of ${values.join(', ')}`);
  }

  record(name: string): StateRecord {
    return StateRecord.of(this.#fields.get(name), `${this.#where}, field ${name}`);
  }

  /** The items of a list that has at least one. */
  records(name: string): readonly StateRecord[] {
    const value: unknown = this.#fields.get(name);
    if (!Array.isArray(value) || value.length === 0)
      throw this.#wrong(name, 'is not a filled list');
    return value.map((item: unknown, index) =>
      StateRecord.of(item, `${this.#where}, field ${name}[${index}]`),
    );
  }

  /** The items of a list that may be empty. */
  list(name: string): readonly StateRecord[] {
    const value: unknown = this.#fields.get(name);
    return Array.isArray(value) && value.length === 0 ? [] : this.records(name);
  }

  #wrong(name: string, wrong: string): SnapledgerError {
    return corruptStateError(`${this.#where}, field ${name}`, wrong);
  }
}
