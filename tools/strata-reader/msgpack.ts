import { StrataDefect } from './defect.ts';

/** What the msgpack of a repository can hold. */
export type Value =
  null | boolean | number | string | Buffer | readonly Value[] | ReadonlyMap<string, Value>;

/** Deeper nesting than any structure of the format has, so that no input can exhaust the stack. */
const depthLimit = 16;

const textLimit = 4_194_304;

/** Decodes bytes that are exactly one msgpack value. `where` names them in defects. */
export function decodeMsgpack(bytes: Buffer, where: string): Value {
  let at = 0;

  const fail = (what: string): never => {
    throw new StrataDefect(where, `no valid msgpack at byte ${at}: ${what}`);
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) fail(`${length} bytes wanted, ${bytes.length - at} left`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint = (size: number): number => {
    const field = take(size);
    if (size < 8) return field.readUIntBE(0, size);
    return whole(field.readBigUInt64BE());
  };
  const int = (size: number): number => {
    const field = take(size);
    if (size < 8) return field.readIntBE(0, size);
    return whole(field.readBigInt64BE());
  };
  const whole = (value: bigint): number => {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : fail('a number beyond 2^53');
  };
  const text = (length: number): string => {
    const field = take(length);
    const value = field.toString('utf8');
    return Buffer.from(value, 'utf8').equals(field) ? value : fail('a text that is not UTF-8');
  };
  const list = (length: number, depth: number): readonly Value[] =>
    Array.from({ length: length > bytes.length ? fail('a list without end') : length }, () =>
      value(depth + 1),
    );
  const map = (length: number, depth: number): ReadonlyMap<string, Value> => {
    const entries = new Map<string, Value>();
    for (let index = 0; index < length; index += 1) {
      const key = value(depth + 1);
      if (typeof key !== 'string') return fail('a map key that is not text');
      if (entries.has(key)) return fail(`the key ${key} twice`);
      entries.set(key, value(depth + 1));
    }
    return entries;
  };
  const value = (depth: number): Value => {
    if (depth > depthLimit) fail('nested too deep');
    const type = uint(1);
    if (type < 0x80) return type;
    if (type < 0x90) return map(type & 0x0f, depth);
    if (type < 0xa0) return list(type & 0x0f, depth);
    if (type < 0xc0) return text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return take(uint(1 << (type - 0xc4)));
      case 0xca:
        return take(4).readFloatBE();
      case 0xcb:
        return take(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return uint(1 << (type - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return int(1 << (type - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return text(uint(1 << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return list(uint(2 << (type - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return map(uint(2 << (type - 0xde)), depth);
      default:
        return fail(`the type 0x${type.toString(16)}, which the format does not use`);
    }
  };

  const decoded = value(0);
  if (at !== bytes.length) fail('bytes after the end');
  return decoded;
}

/** The fields of a map, each checked for its type when it is asked for. */
export interface Fields {
  readonly number: (name: string, least: number, most: number) => number;
  /** Null when it is not there. */
  readonly optionalNumber: (name: string, least: number, most: number) => number | null;
  readonly text: (name: string) => string;
  readonly bytes: (name: string, lengthBytes: number) => Buffer;
  /** Rows of the same length, one after the other. */
  readonly rows: (name: string, rowBytes: number, most: number) => Buffer;
  readonly list: (name: string, least: number, most: number) => readonly Value[];
  readonly value: (name: string) => Value;
}

/** Reads a decoded value as a map. `where` names it in defects. */
export function fieldsOf(decoded: Value, where: string): Fields {
  if (!(decoded instanceof Map)) throw new StrataDefect(where, 'is not a map');
  const fail = (name: string, what: string): never => {
    throw new StrataDefect(where, `${name} ${what}`);
  };
  const value = (name: string): Value => {
    const field = (decoded as ReadonlyMap<string, Value>).get(name);
    return field === undefined ? fail(name, 'is missing') : field;
  };
  const number = (name: string, least: number, most: number): number => {
    const field = value(name);
    return typeof field === 'number' &&
      Number.isSafeInteger(field) &&
      field >= least &&
      field <= most
      ? field
      : fail(name, `is not a whole number from ${least} to ${most}`);
  };
  return {
    value,
    number,
    optionalNumber: (name, least, most) =>
      (decoded as ReadonlyMap<string, Value>).has(name) ? number(name, least, most) : null,
    text: (name) => {
      const field = value(name);
      return typeof field === 'string' && field.length >= 1 && field.length <= textLimit
        ? field
        : fail(name, `is not a text of 1 to ${textLimit} characters`);
    },
    bytes: (name, lengthBytes) => {
      const field = value(name);
      return Buffer.isBuffer(field) && field.length === lengthBytes
        ? field
        : fail(name, `is not ${lengthBytes} bytes`);
    },
    rows: (name, rowBytes, most) => {
      const field = value(name);
      return Buffer.isBuffer(field) &&
        field.length % rowBytes === 0 &&
        field.length / rowBytes <= most
        ? field
        : fail(name, `is not ${most} rows of ${rowBytes} bytes at most`);
    },
    list: (name, least, most) => {
      const field = value(name);
      return Array.isArray(field) && field.length >= least && field.length <= most
        ? (field as readonly Value[])
        : fail(name, `is not a list of ${least} to ${most}`);
    },
  };
}
