import type { DeviceName, PointId, VolumeId } from '../domain/identifiers.ts';
import type { BlockDamage } from './block-damage.ts';

export interface VerifyOptions {
  readonly depth: 'structure' | 'deep';
  /** Only this point; default: all points. */
  readonly pointId?: PointId;
  readonly signal?: AbortSignal;
}

/**
 * Something is wrong. `pointId` is the point that it hurts, or that a session which has not ended
 * would make.
 */
export interface VerifyFinding extends BlockDamage {
  readonly kind: 'finding';
  readonly pointId: PointId;
  /** Both null when it is the manifest of the point. */
  readonly volumeId: VolumeId | null;
  readonly device: DeviceName | null;
}

export interface VerifyProgress {
  readonly kind: 'progress';
  readonly pointId: PointId;
  readonly pointsChecked: number;
  readonly pointsTotal: number;
  readonly mapNodesChecked: number;
  readonly blocksChecked: number;
  readonly bytesRead: number;
}
