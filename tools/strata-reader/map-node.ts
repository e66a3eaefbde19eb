import { StrataDefect } from './defect.ts';
import { uuidText } from './keys.ts';
import { packHeaderBytes, recordLeastBytes, recordMostBytes } from './record.ts';

/** Entries of a node. */
export const fanOut = 64;

/** Where a record is, and what it must be. */
export interface Reference {
  readonly pack: string;
  readonly sessionId: string;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly id: Buffer;
}

export type Entry = 'absent' | 'zero' | Reference;

/** The key of a pack. */
export function packKey(sessionId: string, writer: number, number: number): string {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  return `packs/${sessionId}/${hex(writer)}-${hex(number)}`;
}

/** Blocks that one entry of a node at `level` stands for. */
export function blocksOfEntry(level: number): number {
  return fanOut ** level;
}

/** The level of the root of a volume with so many blocks. */
export function rootLevel(blocks: number): number {
  let level = 0;
  while (blocksOfEntry(level + 1) < blocks) level += 1;
  return level;
}

/** The entries of the node at a place. Throws a defect where the bytes are not that node. */
export function parseNode(
  bytes: Buffer,
  place: { readonly level: number; readonly position: number; readonly entries: number },
  where: string,
): readonly Entry[] {
  const fail = (what: string): never => {
    throw new StrataDefect(where, `map node: ${what}`);
  };
  if (bytes.length < 24) return fail('too short');
  if (bytes[0] !== 1) return fail(`version ${bytes[0] ?? ''}, not 1`);
  if (
    bytes[1] !== place.level ||
    bytes[2] !== place.entries ||
    bytes.readUInt32LE(4) !== place.position
  ) {
    return fail('belongs to another place');
  }
  const states = Array.from(
    { length: fanOut },
    (_, index) => (bytes.readUInt8(8 + (index >> 2)) >> ((index & 3) * 2)) & 3,
  );
  if (states.includes(3)) return fail('an entry of an unknown state');
  if (states.slice(place.entries).some((state) => state !== 0))
    return fail('entries beyond its end');
  const references = states.filter((state) => state === 2).length;
  const packs = bytes.readUInt8(3);
  const columns = 24 + 24 * packs;
  if (packs > references) return fail('more packs than references');
  if (bytes.length !== columns + 41 * references) return fail('another length than its counts say');

  const reference = (index: number): Reference => {
    const pack = bytes.readUInt8(columns + index);
    if (pack >= packs) return fail(`pack ${pack} of ${packs}`);
    const at = 24 + 24 * pack;
    const sessionId = uuidText(bytes.subarray(at, at + 16));
    const offset = bytes.readUInt32LE(columns + references + 4 * index);
    const lengthBytes = bytes.readUInt32LE(columns + 5 * references + 4 * index);
    if (lengthBytes < recordLeastBytes || lengthBytes > recordMostBytes) {
      return fail(`a record of ${lengthBytes} bytes`);
    }
    if (offset < packHeaderBytes) return fail(`a record at byte ${offset} of a pack`);
    const id = columns + 9 * references + 32 * index;
    return {
      pack: packKey(sessionId, bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20)),
      sessionId,
      offset,
      lengthBytes,
      id: bytes.subarray(id, id + 32),
    };
  };
  let next = 0;
  return states.slice(0, place.entries).map((state): Entry => {
    if (state === 0) return 'absent';
    if (state === 1) return 'zero';
    next += 1;
    return reference(next - 1);
  });
}
