import type { ObjectKey } from '../../../ports/object-store.ts';
import type { PackRef, RecordRef } from '../map/record-ref.ts';

/**
 * Records counted at one time: 8 bytes each, twice that while a list grows, and some 400 bytes for a
 * pack. Packs that are met when there are so many are not looked at. What was counted then and turns
 * out to be sparse is repacked, and counted no more the next time.
 */
const recordsMax = 16 * 1024 * 1024;

/** A pack of which little is needed. */
export interface SparsePack {
  readonly pack: PackRef;
  readonly sizeBytes: number;
  readonly liveRecords: number;
  readonly liveBytes: number;
}

export interface PackUsageOptions {
  /** Null: it is missing, which is damage that 'verify' tells of. */
  readonly sizeOf: (pack: PackRef) => Promise<number | null>;
  /** A pack of which more than this share is needed is of no interest. */
  readonly liveShareMax: number;
}

/**
 * Counts the records that points of an instance need of each pack, each of them once. A pack is
 * forgotten as soon as too much of it is needed: that can only become more.
 */
export class PackUsage {
  readonly #options: PackUsageOptions;
  readonly #sparse = new Map<ObjectKey, CountedPack>();
  /** Of which too much is needed, or which are missing. */
  readonly #others = new Set<ObjectKey>();
  #counted = 0;

  constructor(options: PackUsageOptions) {
    this.#options = options;
  }

  /** Asks for the size of a pack that was not met before. */
  note(ref: RecordRef): Promise<void> | undefined {
    const { key } = ref.pack;
    if (this.#others.has(key)) return undefined;
    const known = this.#sparse.get(key);
    if (known === undefined) return this.#meet(ref);
    this.#count(known, ref);
    return undefined;
  }

  *packs(): Generator<SparsePack> {
    for (const { pack, sizeBytes, records } of this.#sparse.values()) {
      const { liveRecords, liveBytes } = records.totals();
      if (liveBytes > this.#liveBytesMax(sizeBytes)) continue;
      yield { pack, sizeBytes, liveRecords, liveBytes };
    }
  }

  async #meet(ref: RecordRef): Promise<void> {
    if (this.#counted >= recordsMax) return;
    const { pack } = ref;
    const sizeBytes = await this.#options.sizeOf(pack);
    if (sizeBytes === null) {
      this.#others.add(pack.key);
      return;
    }
    const counted = { pack, sizeBytes, records: new RecordList() };
    this.#sparse.set(pack.key, counted);
    this.#count(counted, ref);
  }

  #count({ pack, sizeBytes, records }: CountedPack, { offset, lengthBytes }: RecordRef): void {
    const before = records.count;
    const liveBytes = records.add(offset, lengthBytes);
    this.#counted += records.count - before;
    if (liveBytes === null || liveBytes <= this.#liveBytesMax(sizeBytes)) return;
    this.#counted -= records.count;
    this.#sparse.delete(pack.key);
    this.#others.add(pack.key);
  }

  #liveBytesMax(sizeBytes: number): number {
    return this.#options.liveShareMax * sizeBytes;
  }
}

interface CountedPack {
  readonly pack: PackRef;
  readonly sizeBytes: number;
  readonly records: RecordList;
}

/** Offsets and lengths, sorted out now and then so that what was noted twice takes no room. */
class RecordList {
  /** Offset times `lengthLimit`, plus length. */
  #rows = new Float64Array(16);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Gives the bytes of all different records when they were sorted out for it. */
  add(offset: number, lengthBytes: number): number | null {
    let liveBytes: number | null = null;
    if (this.#count === this.#rows.length) {
      ({ liveBytes } = this.totals());
      if (this.#count > this.#rows.length / 2) this.#grow();
    }
    this.#rows[this.#count] = offset * lengthLimit + Math.min(lengthBytes, lengthLimit - 1);
    this.#count += 1;
    return liveBytes;
  }

  totals(): { readonly liveRecords: number; readonly liveBytes: number } {
    this.#sortOut();
    let liveBytes = 0;
    for (let row = 0; row < this.#count; row += 1)
      liveBytes += (this.#rows[row] ?? 0) % lengthLimit;
    return { liveRecords: this.#count, liveBytes };
  }

  #grow(): void {
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
