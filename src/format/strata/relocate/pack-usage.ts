import type { InstanceId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { PackRef, RecordRef } from '../map/record-ref.ts';

/**
 * Records counted of the points of one instance: 8 bytes each, twice that while a list grows. More
 * are in volumes of some 8 TiB of data; packs that are met after them are not looked at.
 */
const recordsMax = 16 * 1024 * 1024;

/** How much of a pack is needed. */
export interface UsedPack {
  readonly pack: PackRef;
  readonly liveRecords: number;
  readonly liveBytes: number;
}

/** Counts the records of each pack that points of an instance need, each of them once. */
export class PackUsage {
  readonly instanceId: InstanceId;
  readonly #packs = new Map<ObjectKey, { readonly pack: PackRef; readonly records: RecordList }>();
  #noted = 0;

  constructor(instanceId: InstanceId) {
    this.instanceId = instanceId;
  }

  note({ pack, offset, lengthBytes }: RecordRef): void {
    let known = this.#packs.get(pack.key);
    if (known === undefined) {
      if (this.#noted >= recordsMax) return;
      known = { pack, records: new RecordList() };
      this.#packs.set(pack.key, known);
    }
    this.#noted += known.records.add(offset, lengthBytes);
  }

  *packs(): Generator<UsedPack> {
    for (const { pack, records } of this.#packs.values()) {
      const { liveRecords, liveBytes } = records.totals();
      yield { pack, liveRecords, liveBytes };
    }
  }
}

/** Offsets and lengths, sorted out now and then so that what was noted twice takes no room. */
class RecordList {
  /** Offset times `lengthLimit`, plus length. */
  #rows = new Float64Array(16);
  #count = 0;

  /** Gives by how much the list has grown. */
  add(offset: number, lengthBytes: number): number {
    const before = this.#count;
    if (this.#count === this.#rows.length) this.#makeRoom();
    this.#rows[this.#count] = offset * lengthLimit + Math.min(lengthBytes, lengthLimit - 1);
    this.#count += 1;
    return this.#count - before;
  }

  totals(): { readonly liveRecords: number; readonly liveBytes: number } {
    this.#sortOut();
    let liveBytes = 0;
    for (let row = 0; row < this.#count; row += 1)
      liveBytes += (this.#rows[row] ?? 0) % lengthLimit;
    return { liveRecords: this.#count, liveBytes };
  }

  #makeRoom(): void {
    this.#sortOut();
    if (this.#count <= this.#rows.length / 2) return;
    const larger = new Float64Array(this.#rows.length * 2);
    larger.set(this.#rows.subarray(0, this.#count));
    this.#rows = larger;
  }

  #sortOut(): void {
    const sorted = this.#rows.subarray(0, this.#count).sort();
    let kept = 0;
    for (const row of sorted) {
      if (kept > 0 && this.#rows[kept - 1] === row) continue;
      this.#rows[kept] = row;
      kept += 1;
    }
    this.#count = kept;
  }
}

/** Above the length of any record: 2^21 leaves 32 bits for the offset in the 53 of a whole number. */
const lengthLimit = 2 ** 21;
