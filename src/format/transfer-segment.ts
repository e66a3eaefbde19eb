import type { TransferCounts } from '../domain/backup-session/transfer-counts.ts';

/**
 * A run of planned blocks whose data is durable. Segments of one attempt are numbered from 0 and
 * cover the plan in its order, without a gap.
 */
export interface TransferSegment {
  readonly number: number;
  /** Position in the plan (not in the volume) of the first block that this segment covers. */
  readonly firstPlanned: number;
  /** Position in the plan after the last block that it covers. */
  readonly endPlanned: number;
  readonly counts: TransferCounts;
}

/** An unbroken run of segments that one attempt of a worker posted. */
export interface SegmentRun {
  readonly attempt: number;
  readonly firstSegment: number;
  readonly endSegment: number;
}
