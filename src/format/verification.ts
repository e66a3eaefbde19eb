import type {
  DeviceName,
  InstanceId,
  PointId,
  TimestampMs,
  VolumeId,
} from '../domain/identifiers.ts';
import type { BlockDamage } from './block-damage.ts';

export interface VerifyOptions {
  readonly depth: 'structure' | 'deep';
  /** Only this point; default: all points. */
  readonly pointId?: PointId;
  /** Only the points of this instance. */
  readonly instanceId?: InstanceId;
  /**
   * With `deep`: the structure of all these points, and of the data only so much, or only what is in
   * these objects. Ends with what was covered, if the format keeps data in objects that it can tell
   * apart.
   */
  readonly budget?: VerifyBudget | ReadonlySet<string>;
  readonly signal?: AbortSignal;
}

export interface VerifyBudget {
  /** Stored data to be read at most; one object is read in any case. */
  readonly maxBytes: number;
  /** When an object's data was last read, by its key; those that were never come first. */
  readonly lastChecked: ReadonlyMap<string, TimestampMs>;
}

/** What a check with a budget has read of the data. */
export interface VerifyCoverage {
  readonly kind: 'coverage';
  readonly soundObjects: readonly string[];
  readonly damagedObjects: readonly string[];
  readonly bytes: number;
  /** All that the points need. */
  readonly objectsTotal: number;
  readonly bytesTotal: number;
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
