import { StrataDefect } from './defect.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';

/** Packs that were condemned together, by their object keys. */
export interface CondemnedBatch {
  readonly since: number;
  readonly awaits: readonly string[] | null;
  readonly packs: readonly string[];
}

const batchLimit = 64;
const uuidLength = 16;
const packLength = 24;

/** Reads the content of `gc/<generation>`. */
export function parseGeneration(
  content: Buffer,
  key: string,
  generation: number,
): readonly CondemnedBatch[] {
  const batches = fieldsOf(decodeMsgpack(content, key), key).list('batches', 0, batchLimit);
  return batches.map((batch) => {
    const fields = fieldsOf(batch, key);
    const rows = (name: string, length: number): readonly Buffer[] => {
      const bytes = fields.value(name);
      if (!Buffer.isBuffer(bytes) || bytes.length % length !== 0) {
        throw new StrataDefect(key, `${name} is not made of rows of ${length} bytes`);
      }
      return Array.from({ length: bytes.length / length }, (_, row) =>
        bytes.subarray(row * length, (row + 1) * length),
      );
    };
    return {
      since: fields.number('since', 1, generation),
      awaits: fields.value('awaits') === null ? null : rows('awaits', uuidLength).map(uuidText),
      packs: rows('packs', packLength).map((row) => {
        const name = [row.readUInt32LE(16), row.readUInt32LE(20)].map(eightDigits).join('-');
        return `packs/${uuidText(row)}/${name}`;
      }),
    };
  });
}

function uuidText(row: Buffer): string {
  const digits = row.toString('hex', 0, uuidLength);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function eightDigits(value: number): string {
  return value.toString(16).padStart(8, '0');
}
