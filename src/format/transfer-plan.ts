import type { BlockIndex, PointId, SessionId, VolumeId } from '../domain/identifiers.ts';
import type { ChangedBlock } from '../ports/cloud/changed-blocks.ts';

/** Names one volume's transfer of one session. */
export interface TransferPlanRef {
  readonly sessionId: SessionId;
  /** Fresh for each attempt to write the plan: a UUID. Half-written plans are never looked at. */
  readonly planId: string;
}

export interface TransferPlanRequest extends TransferPlanRef {
  readonly sizeBytes: number;
  /** Which blocks are to be read. */
  readonly selection: BlockSelection;
  /** The point and volume whose content the blocks are compared with, so that only changes are stored. */
  readonly parent: { readonly pointId: PointId; readonly volumeId: VolumeId } | null;
}

export type BlockSelection =
  /** Only these differ from the parent; all others are as the parent has them. */
  | { readonly kind: 'changed'; readonly pages: AsyncIterable<readonly ChangedBlock[]> }
  /** Only these were ever written; all others are absent. */
  | { readonly kind: 'allocated'; readonly pages: AsyncIterable<readonly BlockIndex[]> }
  /** Nothing is known: every block of the volume. */
  | { readonly kind: 'everything' };

export interface TransferPlanSummary {
  /** How many blocks the worker will read. */
  readonly plannedBlocks: number;
}
