import { StrataDefect } from './defect.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';

const pageLimit = 65_536;
const pageEntryBytes = 37;
const segmentHeaderBytes = 48;
const segmentEntryBytes = 45;
const most = Number.MAX_SAFE_INTEGER;

/** One block of a transfer plan. */
export interface PlannedBlock {
  readonly index: number;
  readonly read: boolean;
  readonly parentId: Buffer | undefined;
}

/** Reads a page of a transfer plan. */
export function parsePlanPage(content: Buffer, key: string): readonly PlannedBlock[] {
  if (content.length < 4) throw new StrataDefect(key, 'is too short for a plan page');
  const count = content.readUInt32LE(0);
  if (count > pageLimit || content.length !== 4 + count * pageEntryBytes) {
    throw new StrataDefect(key, `has not the length of ${count} plan entries`);
  }
  let previous = -1;
  return Array.from({ length: count }, (_, entry) => {
    const at = 4 + entry * pageEntryBytes;
    const index = content.readUInt32LE(at);
    const flags = content.readUInt8(at + 4);
    const parentId = content.subarray(at + 5, at + pageEntryBytes);
    const hasParent = (flags & 2) !== 0;
    if (index <= previous) throw new StrataDefect(key, `entry ${entry} does not ascend`);
    if (flags > 3 || flags === 2)
      throw new StrataDefect(key, `entry ${entry} has the unknown flags ${flags}`);
    if (!hasParent && parentId.some((byte) => byte !== 0)) {
      throw new StrataDefect(key, `entry ${entry} has a parent id without its flag`);
    }
    previous = index;
    return { index, read: (flags & 1) !== 0, parentId: hasParent ? parentId : undefined };
  });
}

/** What a plan is about. */
export interface PlanSummary {
  readonly base: 'parent' | 'empty';
  readonly sizeBytes: number;
  readonly plannedBlocks: number;
  readonly pages: number;
}

/** Reads the summary of a transfer plan. */
export function parsePlanSummary(content: Buffer, key: string): PlanSummary {
  const fields = fieldsOf(decodeMsgpack(content, key), key);
  const base = fields.text('base');
  if (base !== 'parent' && base !== 'empty') throw new StrataDefect(key, `has the base ${base}`);
  const parent = fields.value('parent');
  if (parent !== null) {
    const of = fieldsOf(parent, `${key} parent`);
    of.text('pointId');
    of.text('volumeId');
  } else if (base === 'parent') {
    throw new StrataDefect(key, 'builds on a parent that it does not name');
  }
  return {
    base,
    sizeBytes: fields.number('sizeBytes', 1, most),
    plannedBlocks: fields.number('plannedBlocks', 0, most),
    pages: fields.number('pages', 1, most),
  };
}

/** One entry of a segment. */
export interface SegmentEntry {
  readonly kind: 'unchanged' | 'zero' | 'stored' | 'elsewhere';
  readonly pack: number;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly id: Buffer;
}

const entryKinds = ['unchanged', 'zero', 'stored', 'elsewhere'] as const;

/** Reads a segment. */
export function parseSegment(
  content: Buffer,
  key: string,
): { readonly firstPlanned: number; readonly entries: readonly SegmentEntry[] } {
  const fail = (what: string): never => {
    throw new StrataDefect(key, what);
  };
  if (content.length < segmentHeaderBytes) return fail('is too short for a segment');
  const firstPlanned = content.readUInt32LE(0);
  const count = content.readUInt32LE(4) - firstPlanned;
  const packs = content.readUInt32LE(44);
  const start = segmentHeaderBytes + 8 * packs;
  if (count < 0 || count > pageLimit || content.length !== start + count * segmentEntryBytes) {
    return fail(`has not the length of ${count} entries and ${packs} packs`);
  }
  const entries = Array.from({ length: count }, (_, index): SegmentEntry => {
    const at = start + index * segmentEntryBytes;
    const kind = entryKinds[content.readUInt8(at)];
    if (kind === undefined) return fail(`entry ${index} is of an unknown kind`);
    const entry = {
      kind,
      pack: content.readUInt32LE(at + 1),
      offset: content.readUInt32LE(at + 5),
      lengthBytes: content.readUInt32LE(at + 9),
      id: content.subarray(at + 13, at + segmentEntryBytes),
    };
    if (kind === 'stored' && entry.pack >= packs) return fail(`entry ${index} names no pack`);
    const unused = {
      unchanged: content.subarray(at + 1, at + segmentEntryBytes),
      zero: content.subarray(at + 1, at + segmentEntryBytes),
      stored: content.subarray(0, 0),
      elsewhere: Buffer.concat([
        content.subarray(at + 1, at + 5),
        content.subarray(at + 9, at + 13),
      ]),
    }[kind];
    if (unused.some((byte) => byte !== 0)) return fail(`entry ${index} has fields without use`);
    return entry;
  });
  return { firstPlanned, entries };
}
