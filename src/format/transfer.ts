import type { BlockSource } from '../ports/block-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';
import type { TransferPlanRef } from './transfer-plan.ts';
import type { TransferSegment } from './transfer-segment.ts';

/** A transfer that waits for its grant, with everything ready that takes time to start. */
export interface PreparedTransfer {
  /** At most once. @throws INVALID_ARGUMENT for a grant that is none, or options out of range. */
  open(options: TransferOptions): Promise<Transfer>;
  /** Lets go of what was prepared, and closes the transfer if it was opened. Idempotent. */
  close(): Promise<void>;
}

export interface TransferOptions {
  readonly objectStore: ObjectStore;
  /** What `Repository.grantTransfer` gave. A secret. */
  readonly grant: Uint8Array;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly attempt: number;
  readonly compression: CompressionChoice;
}

export type CompressionChoice = 'fast' | 'balanced' | 'small';

export interface Transfer {
  /**
   * Reads the planned blocks from `source` and stores what is new, posting a segment each time a
   * part of the plan is durable. Yields each segment after it was posted.
   */
  run(request: TransferRequest): AsyncIterable<TransferSegment>;
  close(): Promise<void>;
}

export interface TransferRequest extends TransferPlanRef {
  readonly source: BlockSource;
  /** Position in the plan to begin at: where the attempts before had got to. */
  readonly firstPlanned: number;
  readonly signal: AbortSignal;
}
