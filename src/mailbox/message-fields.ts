import { mailboxRejected } from './mailbox-rejected.ts';

/** Reads the fields of a decoded message one by one; each throws MAILBOX_REJECTED if it is not as asked. */
export interface MessageFields {
  text(name: string, rule: TextRule): string;
  /** Null when the field is not there, or null. */
  optionalText(name: string, rule: TextRule): string | null;
  integer(name: string, rule: IntegerRule): number;
  /** Null when the field is not there, or null. */
  optionalInteger(name: string, rule: IntegerRule): number | null;
  bytes(name: string, rule: BytesRule): Uint8Array;
  oneOf<T extends string>(name: string, values: readonly T[]): T;
  record(name: string): MessageFields;
  list(name: string, rule: ListRule): readonly MessageFields[];
}

export interface TextRule {
  readonly maxLength: number;
  readonly pattern?: RegExp;
}
export interface IntegerRule {
  readonly min: number;
  readonly max: number;
}
export interface BytesRule {
  readonly minBytes: number;
  readonly maxBytes: number;
}
export interface ListRule {
  readonly minLength: number;
  readonly maxLength: number;
}

/**
 * Fields that are not asked for are passed over: a later version may add some.
 *
 * @param where what is being read, for the error: the object's key, or `user data`
 */
export function messageFields(value: unknown, where: string): MessageFields {
  if (!isRecord(value)) throw mailboxRejected(where, 'it is not a record');

  const check = (ok: boolean, name: string, rule: string): void => {
    if (!ok) throw mailboxRejected(where, `its field "${name}" is not ${rule}`);
  };
  const field = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);

  const text = (name: string, { maxLength, pattern }: TextRule): string => {
    const found = field(name);
    const ok = typeof found === 'string' && found.length <= maxLength;
    check(ok && (pattern?.test(found) ?? true), name, `a text of the right form`);
    return found as string;
  };

  const integer = (name: string, { min, max }: IntegerRule): number => {
    const found = field(name);
    const ok = Number.isSafeInteger(found) && Number(found) >= min && Number(found) <= max;
    check(ok, name, `a whole number from ${min} to ${max}`);
    return found as number;
  };

  return {
    text,
    optionalText: (name, rule) => (isAbsent(field(name)) ? null : text(name, rule)),
    integer,
    optionalInteger: (name, rule) => (isAbsent(field(name)) ? null : integer(name, rule)),
    bytes: (name, { minBytes, maxBytes }) => {
      const found = field(name);
      const ok = found instanceof Uint8Array && isBetween(found.byteLength, minBytes, maxBytes);
      check(ok, name, `a byte string of ${minBytes} to ${maxBytes} bytes`);
      return found as Uint8Array;
    },
    oneOf: <T extends string>(name: string, values: readonly T[]): T => {
      const found = values.find((candidate) => candidate === field(name));
      if (found !== undefined) return found;
      throw mailboxRejected(where, `its field "${name}" has a value that is not known here`);
    },
    record: (name) => messageFields(field(name), `${where}, field "${name}",`),
    list: (name, { minLength, maxLength }) => {
      const found = field(name);
      const ok = Array.isArray(found) && isBetween(found.length, minLength, maxLength);
      check(ok, name, `a list of ${minLength} to ${maxLength} entries`);
      return (found as unknown[]).map((entry, index) =>
        messageFields(entry, `${where}, entry ${index} of "${name}",`),
      );
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isBetween(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}
