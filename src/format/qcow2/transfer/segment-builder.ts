import type { TransferCounts } from '../../../domain/backup-session/transfer-counts.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { IndexEntry } from '../image/index-entry.ts';
import type { RecordSeal } from '../object/record-seal.ts';
import type { EncodedBlock } from './encode-read.ts';
import { type BuiltPart, PartBuilder } from './part-builder.ts';
import { transferLimits } from './transfer-limits.ts';

/** Collects what blocks are until they fill a segment, and their data until it fills a part. */
export class SegmentBuilder {
  readonly #part: PartBuilder;
  readonly #entries: IndexEntry[] = [];
  #blocksRead = 0;
  #blocksUnchanged = 0;
  #blocksZero = 0;
  #bytesRead = 0;

  constructor(partKey: ObjectKey, recordSeal: RecordSeal) {
    this.#part = new PartBuilder(partKey, recordSeal);
  }

  get isEmpty(): boolean {
    return this.#blocksRead === 0;
  }

  get isFull(): boolean {
    return (
      this.#part.sizeBytes >= transferLimits.partTargetBytes ||
      this.#blocksRead >= transferLimits.segmentBlocksMax
    );
  }

  add({ index, bytesRead, content }: EncodedBlock): void {
    this.#blocksRead += 1;
    this.#bytesRead += bytesRead;
    if (content.state === 'data') {
      const record = { ...this.#part.add(content.frame, content.digest), part: 0 };
      this.#entries.push({ first: index, count: 1, state: 'data', record });
      return;
    }
    if (content.state === 'same') this.#blocksUnchanged += 1;
    else this.#blocksZero += 1;
    const last = this.#entries.at(-1);
    if (last?.state === content.state && last.first + last.count === index) {
      this.#entries[this.#entries.length - 1] = { ...last, count: last.count + 1 };
    } else {
      this.#entries.push({ first: index, count: 1, state: content.state, record: null });
    }
  }

  built(): {
    readonly blocksRead: number;
    readonly counts: TransferCounts;
    readonly built: BuiltPart | null;
    readonly entries: readonly IndexEntry[];
  } {
    const built = this.#part.built();
    const blocksRead = this.#blocksRead;
    const counts: TransferCounts = {
      blocksRead,
      blocksUnchanged: this.#blocksUnchanged,
      blocksZero: this.#blocksZero,
      blocksDeduplicated: 0,
      blocksStored: built?.part.records ?? 0,
      bytesRead: this.#bytesRead,
      bytesStored: built?.bytes.length ?? 0,
    };
    return { blocksRead, counts, built, entries: this.#entries };
  }
}
