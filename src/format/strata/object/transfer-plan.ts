import { assert } from '../../../domain/errors/assert.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import type { ObjectLocation } from './object-corrupt.ts';
import { objectCorrupt } from './object-corrupt.ts';

/** Entries in one page. A page with fewer is the last one of its plan; it may have none. */
export const planPageEntriesMax = 65_536;

const entrySizeBytes = 37;
const countSizeBytes = 4;
const flagRead = 1;
const flagParent = 2;
const zeroParentId: Uint8Array = new Uint8Array(recordIdSizeBytes).fill(0xff);
const noParentId: Uint8Array = new Uint8Array(recordIdSizeBytes);

/** What the parent has at a block's place: a block's id, zeros, or nothing that is known. */
export type PlannedParent = Uint8Array | 'zero' | null;

/** Collects the entries of one page, ascending. */
export class PlanPageBuilder {
  #bytes = new Uint8Array(countSizeBytes + 64 * entrySizeBytes);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** A block to read, and what it is compared with. */
  addRead(index: BlockIndex, parent: PlannedParent): void {
    const id = parent === 'zero' ? zeroParentId : parent;
    assert(id === null || id.length === recordIdSizeBytes, 'a parent id has 32 bytes');
    this.#add(index, id === null ? flagRead : flagRead | flagParent, id);
  }

  /** A block that is absent now. */
  addAbsent(index: BlockIndex): void {
    this.#add(index, 0, null);
  }

  /** The page, ready to be sealed. The builder is empty afterwards. */
  finish(): Uint8Array {
    const end = countSizeBytes + this.#count * entrySizeBytes;
    const page = this.#bytes.slice(0, end);
    new DataView(page.buffer).setUint32(0, this.#count, true);
    this.#count = 0;
    return page;
  }

  #add(index: BlockIndex, flags: number, id: Uint8Array | null): void {
    assert(this.#count < planPageEntriesMax, 'a plan page takes 65,536 entries');
    const offset = countSizeBytes + this.#count * entrySizeBytes;
    if (offset + entrySizeBytes > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    const view = new DataView(this.#bytes.buffer);
    view.setUint32(offset, index, true);
    view.setUint8(offset + 4, flags);
    if (id === null) this.#bytes.fill(0, offset + 5, offset + entrySizeBytes);
    else this.#bytes.set(id, offset + 5);
    this.#count += 1;
  }
}

/** One page of a plan, read in place. Its fields and their order were checked by `readPlanPage`. */
export class PlanPage {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** Use `readPlanPage`, which checks. */
  constructor(bytes: Uint8Array, count: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.count = count;
  }

  blockIndexAt(entry: number): BlockIndex {
    return this.#view.getUint32(this.#offset(entry), true) as BlockIndex;
  }

  actionAt(entry: number): 'read' | 'absent' {
    return (this.#flagsAt(entry) & flagRead) === 0 ? 'absent' : 'read';
  }

  /** The 32-byte id is a view of the page. */
  parentAt(entry: number): PlannedParent {
    if ((this.#flagsAt(entry) & flagParent) === 0) return null;
    const offset = this.#offset(entry) + 5;
    const id = this.#bytes.subarray(offset, offset + recordIdSizeBytes);
    return Buffer.compare(id, zeroParentId) === 0 ? 'zero' : id;
  }

  #flagsAt(entry: number): number {
    return this.#view.getUint8(this.#offset(entry) + 4);
  }

  #offset(entry: number): number {
    assert(entry >= 0 && entry < this.count, 'the entry is in the page');
    return countSizeBytes + entry * entrySizeBytes;
  }
}

/**
 * Reads the content of a sealed plan page; `bytes` are kept.
 *
 * @throws OBJECT_CORRUPT
 */
export function readPlanPage(bytes: Uint8Array, location: ObjectLocation): PlanPage {
  if (bytes.length < countSizeBytes) throw objectCorrupt(location, 'the plan page is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count > planPageEntriesMax || bytes.length !== countSizeBytes + count * entrySizeBytes) {
    throw objectCorrupt(location, `a plan page of ${bytes.length} bytes claims ${count} entries`);
  }
  let last = -1;
  for (let offset = countSizeBytes; offset < bytes.length; offset += entrySizeBytes) {
    const index = view.getUint32(offset, true);
    if (index <= last) throw objectCorrupt(location, 'the entries of the plan do not ascend');
    const flags = view.getUint8(offset + 4);
    if (flags > (flagRead | flagParent) || flags === flagParent) {
      throw objectCorrupt(location, `the plan has unknown flags ${flags} for block ${index}`);
    }
    const parentId = bytes.subarray(offset + 5, offset + entrySizeBytes);
    if ((flags & flagParent) === 0 && Buffer.compare(parentId, noParentId) !== 0) {
      throw objectCorrupt(location, `the plan has an id that no flag tells of for block ${index}`);
    }
    last = index;
  }
  return new PlanPage(bytes, count);
}
