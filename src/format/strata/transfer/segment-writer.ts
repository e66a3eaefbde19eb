import type { TransferCounts } from '../../../domain/backup-session/transfer-counts.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { TransferPlanRef } from '../../transfer-plan.ts';
import type { TransferSegment } from '../../transfer-segment.ts';
import { segmentKey } from '../object/object-keys.ts';
import { sealedNonceSizeBytes, sealObject } from '../object/sealed-object.ts';
import { encodeSegment, type SegmentEntry, type SegmentPack } from '../object/segment.ts';
import { abortable } from '../../flow/abortable.ts';
import { createOnce } from '../../flow/create-once.ts';
import type { RetryContext } from '../../flow/retry-unavailable.ts';
import type { StoredPlace } from './stored-place.ts';
import { transferLimits } from './transfer-limits.ts';

/** What became of one planned block; the packs are named only once they are uploaded. */
export type PendingEntry =
  | Exclude<SegmentEntry, { readonly kind: 'data' }>
  | { readonly kind: 'data'; readonly place: StoredPlace; readonly id: Uint8Array };

/** How one block counts. */
export type BlockCount = 'unchanged' | 'zero' | 'deduplicated' | 'stored';

export interface SegmentWriterOptions extends TransferPlanRef {
  readonly objectStore: ObjectStore;
  readonly repositoryIdBytes: Uint8Array;
  /** C_s */
  readonly controlKey: Uint8Array;
  readonly attempt: number;
  readonly firstPlanned: number;
  readonly packNameOf: (packNumber: number) => SegmentPack;
  readonly retry: RetryContext;
}

/**
 * Posts what became of the planned blocks: segment after segment, each only after the packs that
 * it refers to are durable and the segment before it is posted.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #waiting: Promise<void>[] = [];
  #posted: TransferSegment[] = [];
  #failure: { readonly error: unknown } | undefined;
  #last: Promise<void> = Promise.resolve();
  #nextNumber = 0;
  #firstPlanned: number;
  #entries: PendingEntry[] = [];
  #counts = new CountsBuilder();

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    this.#firstPlanned = options.firstPlanned;
  }

  /** Planned blocks since the last cut. */
  get blockCount(): number {
    return this.#entries.length;
  }

  /** The next planned block. `recordLengthBytes` counts for those that were stored. */
  add(entry: PendingEntry, as: BlockCount, lengthBytes: number, recordLengthBytes: number): void {
    this.#entries.push(entry);
    this.#counts.add(as, lengthBytes, recordLengthBytes);
  }

  /**
   * Ends the segment here; it is posted after `durable`. Waits only while too many segments wait.
   *
   * @throws what posting an earlier segment threw; the signal's reason.
   */
  async cut(durable: Promise<void>): Promise<void> {
    const entries = this.#entries;
    const segment: TransferSegment = {
      number: this.#nextNumber,
      firstPlanned: this.#firstPlanned,
      endPlanned: this.#firstPlanned + entries.length,
      counts: this.#counts.total(),
    };
    this.#entries = [];
    this.#counts = new CountsBuilder();
    this.#nextNumber += 1;
    this.#firstPlanned = segment.endPlanned;
    const before = this.#last;
    this.#last = this.#postAfter(Promise.all([before, durable]), segment, entries);
    this.#last.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#waiting.push(this.#last);
    while (this.#waiting.length > transferLimits.segmentsWaitingMax) {
      await abortable(this.#waiting[0] ?? this.#last, this.#options.retry.signal);
      void this.#waiting.shift();
    }
  }

  /**
   * The segments posted since the last call, ascending.
   *
   * @throws what uploading a pack or posting a segment threw.
   */
  takePosted(): readonly TransferSegment[] {
    if (this.#failure !== undefined) throw this.#failure.error;
    const posted = this.#posted;
    this.#posted = [];
    return posted;
  }

  /** Resolves when every segment is posted. */
  async finish(): Promise<void> {
    await abortable(this.#last, this.#options.retry.signal);
  }

  async #postAfter(
    ready: Promise<unknown>,
    segment: TransferSegment,
    entries: readonly PendingEntry[],
  ): Promise<void> {
    await ready;
    // After an abort the keys may be erased.
    this.#options.retry.signal.throwIfAborted();
    const { sessionId, planId, attempt, objectStore, retry } = this.#options;
    const objectKey = segmentKey(sessionId, planId, attempt, segment.number);
    const bytes = sealObject({
      kind: 'segment',
      objectKey,
      key: this.#options.controlKey,
      repositoryIdBytes: this.#options.repositoryIdBytes,
      nonce: retry.random.bytes(sealedNonceSizeBytes),
      content: encodeSegment({ ...segment, entries: this.#resolve(entries) }),
    });
    if ((await createOnce(objectStore, objectKey, bytes, retry)) === 'taken') {
      throw new SnapledgerError(
        'OBJECT_EXISTS',
        `another worker has posted segment ${segment.number} of attempt ${attempt} of session ${sessionId}`,
        { remedy: 'Give every attempt of a worker a number of its own.', details: { objectKey } },
      );
    }
    this.#posted.push(segment);
  }

  *#resolve(entries: readonly PendingEntry[]): Generator<SegmentEntry> {
    for (const entry of entries) {
      if (entry.kind !== 'data') {
        yield entry;
        continue;
      }
      const { packNumber, offset, lengthBytes } = entry.place;
      const pack = this.#options.packNameOf(packNumber);
      yield { kind: 'data', pack, offset, lengthBytes, id: entry.id };
    }
  }
}

class CountsBuilder {
  readonly #blocks: Record<BlockCount, number> = {
    unchanged: 0,
    zero: 0,
    deduplicated: 0,
    stored: 0,
  };
  #blocksRead = 0;
  #bytesRead = 0;
  #bytesStored = 0;

  add(as: BlockCount, lengthBytes: number, recordLengthBytes: number): void {
    this.#blocks[as] += 1;
    this.#blocksRead += 1;
    this.#bytesRead += lengthBytes;
    if (as === 'stored') this.#bytesStored += recordLengthBytes;
  }

  total(): TransferCounts {
    return {
      blocksRead: this.#blocksRead,
      blocksUnchanged: this.#blocks.unchanged,
      blocksZero: this.#blocks.zero,
      blocksDeduplicated: this.#blocks.deduplicated,
      blocksStored: this.#blocks.stored,
      bytesRead: this.#bytesRead,
      bytesStored: this.#bytesStored,
    };
  }
}
