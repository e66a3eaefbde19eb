import type { Snapshot, Volume } from '@aws-sdk/client-ec2';
import type { RestoreRemnant } from '../../../../ports/cloud/volume-restores.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { requestTextOf } from '../request-tags.ts';
import { trustedResource } from '../trusted-resource.ts';
import { isGone } from '../volumes/attach-volume.ts';
import { attachmentsOf } from '../volumes/trusted-volumes.ts';

type Reading = Pick<Ec2Connection, 'keys' | 'onUntrusted' | 'region'>;

/**
 * What restores have made. A snapshot is known by its description, which only the request that made it
 * can set; a volume by the snapshot that it was made of, and only while it is attached to nothing: one
 * that is in use is its user's, whatever its tags say.
 */
export function restoreRemnants(
  reading: Reading,
  snapshots: readonly Snapshot[],
  volumes: readonly Volume[],
): readonly RestoreRemnant[] {
  return [
    ...snapshots.flatMap((snapshot) => snapshotRemnant(reading, snapshot)),
    ...volumes.flatMap((volume) => volumeRemnant(reading, volume)),
  ];
}

function snapshotRemnant(
  reading: Reading,
  { SnapshotId: resourceId = '', Tags: tags, Description }: Snapshot,
): readonly RestoreRemnant[] {
  const opened = trustedResource(reading, reading.region, { resourceId, tags });
  if (opened?.resource.kind !== 'restore-snapshot') return [];
  if (Description === requestTextOf(opened.requestId)) {
    return [{ type: 'snapshot', resourceId, owner: opened.resource.owner }];
  }
  const reason = 'its tags are of another snapshot: its description names another request';
  reading.onUntrusted({ region: reading.region, resourceId, reason });
  return [];
}

function volumeRemnant(reading: Reading, volume: Volume): readonly RestoreRemnant[] {
  const { VolumeId: resourceId = '', Tags: tags, SnapshotId } = volume;
  if (isGone(volume) || attachmentsOf(volume).length > 0) return [];
  const opened = trustedResource(reading, reading.region, { resourceId, tags });
  if (opened?.resource.kind !== 'restored-volume') return [];
  const { owner, snapshotId } = opened.resource;
  if (SnapshotId === snapshotId) return [{ type: 'volume', resourceId, owner }];
  const reason = 'its tags are of a volume of another snapshot';
  reading.onUntrusted({ region: reading.region, resourceId, reason });
  return [];
}
