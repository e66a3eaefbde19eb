import type {
  DeviceName,
  PolicyId,
  Region,
  ReplicaSetId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../../domain/identifiers.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';

/** What the tags of a resource tell about it, whole enough to restore from without the ledger. */
export type ResourceDescription =
  | SnapshotSetDescription
  | ReplicaSetDescription
  | TemporaryVolumeDescription
  | WorkerInstanceDescription
  | RestoreSnapshotDescription
  | RestoredVolumeDescription
  | RestoreImageDescription
  | RestoredInstanceDescription
  | KeptVolumeDescription;

export type ResourceKind = ResourceDescription['kind'];

interface Described {
  readonly owner: ResourceOwner;
}

interface Requested extends Described {
  /** When it was asked for, by the engine's clock. */
  readonly requestedAt: TimestampMs;
}

/** On each snapshot of a set: which of its volumes a snapshot shows is known by the volume's id. */
export interface SnapshotSetDescription extends Requested {
  readonly kind: 'snapshot-set';
  readonly setId: SnapshotSetId;
  readonly region: Region;
  /** Null when no policy asked for it. */
  readonly policyId: PolicyId | null;
  readonly volumes: readonly DescribedVolume[];
  /** What restoring the whole instance needs; plain JSON. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

export interface DescribedVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
}

/** On each copy of a snapshot: everything about its source, which may be lost with its region. */
export interface ReplicaSetDescription extends Requested {
  readonly kind: 'replica';
  readonly replicaSetId: ReplicaSetId;
  /** Where the copy was made. */
  readonly region: Region;
  readonly keyId: string | null;
  /** By which role it was made in another account; null: it was made in that of its source. */
  readonly account: AccountRole | null;
  readonly sourceSnapshotId: SnapshotId;
  /** Of the source: a copy itself has an arbitrary one. */
  readonly volumeId: VolumeId;
  readonly source: SnapshotSetDescription;
}

export interface TemporaryVolumeDescription extends Described {
  readonly kind: 'temporary-volume';
  readonly snapshotId: SnapshotId;
}

export interface WorkerInstanceDescription extends Described {
  readonly kind: 'worker';
}

/** On the snapshot that a restore writes, which goes when its volume is made. */
export interface RestoreSnapshotDescription extends Described {
  readonly kind: 'restore-snapshot';
}

/** On a volume that was restored; it is its user's from then on. */
export interface RestoredVolumeDescription extends Described {
  readonly kind: 'restored-volume';
  readonly snapshotId: SnapshotId;
}

/** On the image that a restore registers for one launch. */
export interface RestoreImageDescription extends Described {
  readonly kind: 'restore-image';
}

/** On an instance that was restored, and on the volumes that it was launched with. */
export interface RestoredInstanceDescription extends Described {
  readonly kind: 'restored-instance';
  /** What its volumes were made of. */
  readonly snapshotIds: readonly SnapshotId[];
}

/** On a volume that a restore to the original place has detached, until that is confirmed or undone. */
export interface KeptVolumeDescription extends Described {
  readonly kind: 'kept-volume';
  /** Itself: it was there before its tags. */
  readonly volumeId: VolumeId;
  /** Where it was attached. */
  readonly device: DeviceName;
}

/** The set that a resource belongs to; what has none belongs to its session. */
export function groupIdOf(resource: ResourceDescription): SnapshotSetId | ReplicaSetId | SessionId {
  switch (resource.kind) {
    case 'snapshot-set':
      return resource.setId;
    case 'replica':
      return resource.replicaSetId;
    case 'temporary-volume':
    case 'worker':
    case 'restore-snapshot':
    case 'restored-volume':
    case 'restore-image':
    case 'restored-instance':
    case 'kept-volume':
      return resource.owner.sessionId;
  }
}
