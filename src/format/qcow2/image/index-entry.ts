import { roundUp, sectorBytes } from './image-geometry.ts';

/**
 * What an image has of neighbouring blocks. What has no entry is as the backing image has it, and
 * absent without one. `same` stands in segments alone: the block is as in the parent.
 */
export type IndexEntry =
  | {
      readonly first: number;
      readonly count: number;
      readonly state: 'absent' | 'zero' | 'same';
      readonly record: null;
    }
  | {
      readonly first: number;
      readonly count: 1;
      readonly state: 'data';
      readonly record: StoredRecord;
    };

/** Where the data of a block is, and what it is. */
export interface StoredRecord {
  /** Its number among the parts of the image. */
  readonly part: number;
  /** In the part as it is in the image. */
  readonly offset: number;
  /** Of the compressed cluster; in the part it takes whole sectors. */
  readonly lengthBytes: number;
  /** Its number among the records of the part. */
  readonly ordinal: number;
  /** SHA-256 of the block, filled up with zeros to a whole cluster. */
  readonly digest: Uint8Array;
}

/** What a record takes in its part, as that is in the image. */
export function recordBytesOf({ lengthBytes }: Pick<StoredRecord, 'lengthBytes'>): number {
  return roundUp(lengthBytes, sectorBytes);
}

export const indexEntryBytes = 60;
const states = ['absent', 'zero', 'data', 'same'] as const;
const digestOffset = 28;

/** The bytes of entries, little-endian: docs/qcow2.md, "Index". */
export function encodeEntries(entries: readonly IndexEntry[]): Uint8Array {
  const bytes = Buffer.alloc(entries.length * indexEntryBytes);
  for (const [number, { first, count, state, record }] of entries.entries()) {
    const at = number * indexEntryBytes;
    bytes.writeUInt32LE(first, at);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(states.indexOf(state), at + 8);
    if (record === null) continue;
    bytes.writeUInt32LE(record.part, at + 12);
    bytes.writeUInt32LE(record.offset, at + 16);
    bytes.writeUInt32LE(record.lengthBytes, at + 20);
    bytes.writeUInt32LE(record.ordinal, at + 24);
    bytes.set(record.digest, at + digestOffset);
  }
  return bytes;
}

export function entryCountOf(bytes: Uint8Array): number {
  return Math.floor(bytes.length / indexEntryBytes);
}

/**
 * One of the entries. The digest is a view of the bytes.
 *
 * @param refuse makes the error for what cannot be
 */
export function decodeEntry(
  bytes: Uint8Array,
  number: number,
  refuse: (reason: string) => Error,
): IndexEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = number * indexEntryBytes;
  const first = view.getUint32(at, true);
  const count = view.getUint32(at + 4, true);
  const state = states[view.getUint32(at + 8, true)];
  if (state === undefined || count === 0) throw refuse(`entry ${number} cannot be`);
  if (state !== 'data') return { first, count, state, record: null };
  if (count !== 1) throw refuse(`entry ${number} cannot be`);
  const record: StoredRecord = {
    part: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
    lengthBytes: view.getUint32(at + 20, true),
    ordinal: view.getUint32(at + 24, true),
    digest: bytes.subarray(at + digestOffset, at + indexEntryBytes),
  };
  return { first, count: 1, state, record };
}
