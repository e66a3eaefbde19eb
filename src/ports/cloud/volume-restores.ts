import type { InstanceId, SessionId, VolumeId } from '../../domain/identifiers.ts';
import type { VolumePlace } from '../../domain/restore-session/volume-place.ts';
import type { ImageTarget } from '../image-target.ts';
import type { ResourceOwner } from './resource-owner.ts';

/** What the restore of a session has made, and may have to take back. */
export interface RestoreRemnant {
  readonly type: 'snapshot' | 'volume';
  readonly resourceId: string;
  readonly owner: { readonly sessionId: SessionId; readonly instanceId: InstanceId };
}

/** What is known of the volumes that a point was made of. */
export interface RestoreSource {
  /** Of the instance, as the cloud described it for the point. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Without it, and without a key, no volume is made of one that was encrypted (INVALID_ARGUMENT). */
  readonly unencrypted: 'accept' | 'refuse';
}

export type RemovedRemnant = 'removed' | 'in-use';

/** Volumes that are made of restore points, in the region of the cloud. */
export interface VolumeRestores {
  /**
   * A new volume for each one that is opened, attached to nothing. It exists once its writer has
   * finished; a damaged one is refused then (POINT_DAMAGED). Everything carries the owner from its
   * creation on.
   */
  target(owner: ResourceOwner, place: VolumePlace, source: RestoreSource): ImageTarget;

  /** What carries the session and can be removed: of its volumes those that are attached to nothing. */
  find(owner: { readonly sessionId: SessionId }): Promise<readonly RestoreRemnant[]>;

  /**
   * Fine when it is gone already. A volume that is attached to anything is its user's: it is never
   * detached, and stays.
   */
  remove(remnant: Pick<RestoreRemnant, 'type' | 'resourceId'>): Promise<RemovedRemnant>;
}

/** The volume that a finished image is, of a target of {@link VolumeRestores}. */
export function volumeIdOfLocation(location: string): VolumeId {
  return (location.split(' ')[0] ?? '') as VolumeId;
}
