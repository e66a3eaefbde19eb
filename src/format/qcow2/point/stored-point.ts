import type { PointId, VolumeId } from '../../../domain/identifiers.ts';
import type { PointManifest } from '../../restore-point.ts';
import type { ImagePlace } from '../object/object-keys.ts';

/** What is at the key of a point: whoever creates it first decides what becomes of the session. */
export type StoredPoint = { readonly kind: 'tombstone' } | CommittedPoint;

export interface CommittedPoint {
  readonly kind: 'point';
  readonly manifest: PointManifest;
  /** As they were committed; a merge may have given it others. */
  readonly volumes: readonly VolumeImage[];
}

export interface VolumeImage {
  readonly volumeId: VolumeId;
  readonly image: ImagePlace;
  /** Whose image is behind it; null: none is. */
  readonly parent: ParentImage | null;
}

export interface ParentImage {
  readonly pointId: PointId;
  readonly volumeId: VolumeId;
}
