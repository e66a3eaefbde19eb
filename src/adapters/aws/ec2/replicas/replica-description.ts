import type { Region } from '../../../../domain/identifiers.ts';
import type { ReplicaDescription } from '../../../../ports/cloud/replicas.ts';
import { deviceOf } from '../snapshots/snapshot-description.ts';
import type { TrustedSnapshot } from '../snapshots/trusted-snapshots.ts';

/** The copy of a snapshot as the port tells it; null for a snapshot that is no copy. */
export function replicaDescriptionOf(
  region: Region,
  { snapshotId, resource, sizeBytes, startedAt, state, stateMessage }: TrustedSnapshot,
): ReplicaDescription | null {
  if (resource.kind !== 'replica') return null;
  const { replicaSetId, owner, keyId, account, sourceSnapshotId, volumeId, source } = resource;
  return {
    snapshotId,
    replicaSetId,
    owner,
    target: { region, keyId, account },
    sourceSnapshotId,
    volumeId,
    device: deviceOf(source.volumes, volumeId),
    sizeBytes,
    startedAt,
    state,
    stateMessage,
  };
}
