import type { DeviceName, VolumeId } from '../../../../domain/identifiers.ts';
import type { SnapshotDescription } from '../../../../ports/cloud/snapshots.ts';
import type { DescribedVolume } from '../../tags/resource-description.ts';
import type { TrustedSnapshot } from './trusted-snapshots.ts';

/** A snapshot as the port tells it; null for the copy of one. */
export function snapshotDescriptionOf(trusted: TrustedSnapshot): SnapshotDescription | null {
  const { resource, requestId, volumeId, snapshotId, sizeBytes, startedAt, state, stateMessage } =
    trusted;
  if (resource.kind !== 'snapshot-set') return null;
  const { setId, owner, volumes } = resource;
  return {
    snapshotId,
    setId,
    requestId,
    owner,
    volumeId: volumeId as VolumeId,
    device: deviceOf(volumes, volumeId),
    sizeBytes,
    startedAt,
    state,
    stateMessage,
  };
}

/** Where a volume of a set was attached; sets are trusted only if they have the volume. */
export function deviceOf(volumes: readonly DescribedVolume[], volumeId: string): DeviceName {
  return volumes.find((one) => one.volumeId === volumeId)?.device ?? ('' as DeviceName);
}
