import type { TransferCounts } from '../../../domain/backup-session/transfer-counts.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import { recordOverheadSizeBytes } from '../record/record-header.ts';
import type { ObjectLocation } from './object-corrupt.ts';
import { objectCorrupt } from './object-corrupt.ts';

/** Planned blocks in one segment: keeps a segment's object below 3 MiB. */
export const segmentEntriesMax = 65_536;

/** A pack of the session, without the session. */
export interface SegmentPack {
  readonly writer: number;
  readonly number: number;
}

/** What became of one planned block. */
export type SegmentEntry =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'zero' }
  | {
      readonly kind: 'data';
      readonly pack: SegmentPack;
      /** Of the whole record in the pack. */
      readonly offset: number;
      readonly lengthBytes: number;
      readonly id: Uint8Array;
    }
  /** The parent has this content at another place. */
  | { readonly kind: 'copy'; readonly parentIndex: BlockIndex; readonly id: Uint8Array };

export interface SegmentContent {
  readonly firstPlanned: number;
  readonly endPlanned: number;
  readonly counts: TransferCounts;
  /** `endPlanned - firstPlanned` entries, in the order of the plan. */
  readonly entries: Iterable<SegmentEntry>;
}

const headSizeBytes = 48;
const packSizeBytes = 8;
const entrySizeBytes = 45;
const unusedField = new Uint8Array(entrySizeBytes);
const kindCodes = { unchanged: 0, zero: 1, data: 2, copy: 3 } as const;

/** The content of a segment, ready to be sealed. */
export function encodeSegment(segment: SegmentContent): Uint8Array {
  const entryCount = segment.endPlanned - segment.firstPlanned;
  assert(
    entryCount >= 0 && entryCount <= segmentEntriesMax,
    'a segment has 65,536 entries at most',
  );
  const entries = new Uint8Array(entryCount * entrySizeBytes);
  const view = new DataView(entries.buffer);
  const packs = new Map<string, { readonly pack: SegmentPack; readonly index: number }>();
  let offset = 0;
  for (const entry of segment.entries) {
    assert(offset < entries.length, 'a segment has one entry for each planned block');
    view.setUint8(offset, kindCodes[entry.kind]);
    if (entry.kind === 'data') {
      view.setUint32(offset + 1, packIndexOf(packs, entry.pack), true);
      view.setUint32(offset + 5, entry.offset, true);
      view.setUint32(offset + 9, entry.lengthBytes, true);
      entries.set(entry.id, offset + 13);
    } else if (entry.kind === 'copy') {
      view.setUint32(offset + 5, entry.parentIndex, true);
      entries.set(entry.id, offset + 13);
    }
    offset += entrySizeBytes;
  }
  assert(offset === entries.length, 'a segment has one entry for each planned block');
  return Buffer.concat([
    encodeHead(
      segment,
      [...packs.values()].map((each) => each.pack),
    ),
    entries,
  ]);
}

function packIndexOf(
  packs: Map<string, { readonly pack: SegmentPack; readonly index: number }>,
  pack: SegmentPack,
): number {
  const name = `${pack.writer}-${pack.number}`;
  const known = packs.get(name);
  if (known !== undefined) return known.index;
  const index = packs.size;
  packs.set(name, { pack, index });
  return index;
}

function encodeHead(segment: SegmentContent, packs: readonly SegmentPack[]): Uint8Array {
  const { counts } = segment;
  const head = new Uint8Array(headSizeBytes + packs.length * packSizeBytes);
  const view = new DataView(head.buffer);
  view.setUint32(0, segment.firstPlanned, true);
  view.setUint32(4, segment.endPlanned, true);
  view.setUint32(8, counts.blocksRead, true);
  view.setUint32(12, counts.blocksUnchanged, true);
  view.setUint32(16, counts.blocksZero, true);
  view.setUint32(20, counts.blocksDeduplicated, true);
  view.setUint32(24, counts.blocksStored, true);
  view.setBigUint64(28, BigInt(counts.bytesRead), true);
  view.setBigUint64(36, BigInt(counts.bytesStored), true);
  view.setUint32(44, packs.length, true);
  packs.forEach((pack, index) => {
    view.setUint32(headSizeBytes + index * packSizeBytes, pack.writer, true);
    view.setUint32(headSizeBytes + index * packSizeBytes + 4, pack.number, true);
  });
  return head;
}

/** A segment as it was read; `entries` are decoded while they are iterated. */
export interface DecodedSegment extends SegmentContent {
  readonly entryCount: number;
  entryAt(position: number): SegmentEntry;
}

/**
 * Reads the content of a sealed segment; `bytes` are kept, and ids are views of them.
 *
 * @throws OBJECT_CORRUPT, here for the head, while iterating for an entry.
 */
export function decodeSegment(bytes: Uint8Array, location: ObjectLocation): DecodedSegment {
  if (bytes.length < headSizeBytes) throw objectCorrupt(location, 'the segment is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const firstPlanned = view.getUint32(0, true);
  const endPlanned = view.getUint32(4, true);
  const entryCount = endPlanned - firstPlanned;
  const packCount = view.getUint32(44, true);
  const entriesOffset = headSizeBytes + packCount * packSizeBytes;
  if (entryCount < 0 || entryCount > segmentEntriesMax || packCount > segmentEntriesMax) {
    throw objectCorrupt(location, 'the segment claims an impossible range of blocks');
  }
  if (bytes.length !== entriesOffset + entryCount * entrySizeBytes) {
    throw objectCorrupt(location, `a segment of ${entryCount} blocks cannot have this length`);
  }
  const packs = Array.from({ length: packCount }, (_, index): SegmentPack => {
    const offset = headSizeBytes + index * packSizeBytes;
    return { writer: view.getUint32(offset, true), number: view.getUint32(offset + 4, true) };
  });
  const entryAt = (position: number): SegmentEntry => {
    assert(position >= 0 && position < entryCount, 'the entry is in the segment');
    return readEntry(bytes, view, entriesOffset + position * entrySizeBytes, packs, location);
  };
  return {
    firstPlanned,
    endPlanned,
    entryCount,
    counts: readCounts(view, location),
    entryAt,
    entries: (function* () {
      for (let position = 0; position < entryCount; position += 1) yield entryAt(position);
    })(),
  };
}

function readCounts(view: DataView, location: ObjectLocation): TransferCounts {
  const u64 = (offset: number): number => {
    const value = view.getBigUint64(offset, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw objectCorrupt(location, 'a count is absurd');
    return Number(value);
  };
  return {
    blocksRead: view.getUint32(8, true),
    blocksUnchanged: view.getUint32(12, true),
    blocksZero: view.getUint32(16, true),
    blocksDeduplicated: view.getUint32(20, true),
    blocksStored: view.getUint32(24, true),
    bytesRead: u64(28),
    bytesStored: u64(36),
  };
}

function readEntry(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  packs: readonly SegmentPack[],
  location: ObjectLocation,
): SegmentEntry {
  const code = view.getUint8(offset);
  const packIndex = view.getUint32(offset + 1, true);
  const recordOffset = view.getUint32(offset + 5, true);
  const lengthBytes = view.getUint32(offset + 9, true);
  const id = bytes.subarray(offset + 13, offset + 13 + recordIdSizeBytes);
  const refuseUnlessZero = (from: number, to: number): void => {
    const field = bytes.subarray(offset + from, offset + to);
    if (Buffer.compare(field, unusedField.subarray(0, to - from)) === 0) return;
    throw objectCorrupt(location, `an entry of kind ${code} has a field that must be zero`);
  };
  switch (code) {
    case kindCodes.unchanged:
    case kindCodes.zero:
      refuseUnlessZero(1, entrySizeBytes);
      return { kind: code === kindCodes.zero ? 'zero' : 'unchanged' };
    case kindCodes.copy:
      refuseUnlessZero(1, 5);
      refuseUnlessZero(9, 13);
      return { kind: 'copy', parentIndex: recordOffset as BlockIndex, id };
    case kindCodes.data: {
      const pack = packs[packIndex];
      if (pack === undefined) throw objectCorrupt(location, `it has no pack ${packIndex}`);
      if (lengthBytes <= recordOverheadSizeBytes) {
        throw objectCorrupt(location, `a record of ${lengthBytes} bytes cannot be`);
      }
      return { kind: 'data', pack, offset: recordOffset, lengthBytes, id };
    }
    default:
      throw objectCorrupt(location, `the segment has an entry of unknown kind ${code}`);
  }
}
