import type { Snapshot } from '@aws-sdk/client-ec2';
import type { Region, SnapshotId, TimestampMs } from '../../../../domain/identifiers.ts';
import { accountIdOf } from '../../../../domain/policy/account-role.ts';
import type { SnapshotState } from '../../../../ports/cloud/snapshots.ts';
import type {
  ReplicaSetDescription,
  SnapshotSetDescription,
} from '../../tags/resource-description.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { bytesPerGib, clockSkewMaxMs } from '../ec2-limits.ts';
import { requestTextOf } from '../request-tags.ts';
import { trustedResource, type TrustedResource } from '../trusted-resource.ts';

/** A snapshot, or a copy of one, whose tags are authentic and fit what EC2 says of it. */
export interface TrustedSnapshot {
  readonly snapshotId: SnapshotId;
  readonly resource: SnapshotSetDescription | ReplicaSetDescription;
  readonly requestId: string;
  /** The account that it is in. */
  readonly ownerId: string;
  /** What it shows: of a copy, the volume of its source. */
  readonly volumeId: string;
  readonly sizeBytes: number;
  readonly startedAt: TimestampMs;
  readonly state: SnapshotState;
  readonly stateMessage: string;
}

/**
 * Those that can be trusted. Tags cannot be bound to the id of a snapshot, which EC2 chooses when
 * they are made, and who may write tags can copy them. Therefore they must fit its description,
 * which nobody can change, and its region, and account, and that of a set its volume and its time as well; of two
 * snapshots of one request and volume neither is believed.
 */
export function trustedSnapshots(
  connection: Pick<Ec2Connection, 'keys' | 'onUntrusted'>,
  region: Region,
  snapshots: readonly Snapshot[],
): readonly TrustedSnapshot[] {
  const trusted = snapshots
    .map((snapshot) => trustedSnapshot(connection, region, snapshot))
    .filter((one) => one !== null);
  const byRequest = Map.groupBy(trusted, ({ requestId, volumeId }) => `${requestId} ${volumeId}`);
  return [...byRequest.values()].flatMap((alike) => {
    if (alike.length === 1) return alike;
    const reason = `its tags are also on ${alike.map(({ snapshotId }) => snapshotId).join(', ')}`;
    for (const { snapshotId } of alike) {
      connection.onUntrusted({ region, resourceId: snapshotId, reason });
    }
    return [];
  });
}

function trustedSnapshot(
  connection: Pick<Ec2Connection, 'keys' | 'onUntrusted'>,
  region: Region,
  snapshot: Snapshot,
): TrustedSnapshot | null {
  const { SnapshotId: resourceId = '', Tags: tags } = snapshot;
  const opened = trustedResource(connection, region, { resourceId, tags });
  if (opened === null) return null;
  const { resource, requestId } = opened;
  // No part of a set: restores look for these themselves.
  if (resource.kind === 'restore-snapshot') return null;
  const misfit = misfitOf(region, opened, snapshot);
  if (misfit !== null) {
    connection.onUntrusted({ region, resourceId, reason: misfit });
    return null;
  }
  if (resource.kind !== 'snapshot-set' && resource.kind !== 'replica') return null;
  const { state, stateMessage } = stateOf(snapshot);
  return {
    snapshotId: resourceId as SnapshotId,
    resource,
    requestId,
    ownerId: snapshot.OwnerId ?? '',
    volumeId: resource.kind === 'replica' ? resource.volumeId : (snapshot.VolumeId ?? ''),
    sizeBytes: (snapshot.VolumeSize ?? 0) * bytesPerGib,
    startedAt: (snapshot.StartTime?.getTime() ?? 0) as TimestampMs,
    state,
    stateMessage,
  };
}

/** Why tags that were written by us are not of this snapshot; null when they can be. */
function misfitOf(
  region: Region,
  { resource, requestId }: TrustedResource,
  { VolumeId, StartTime, Description, OwnerId }: Snapshot,
): string | null {
  if (resource.kind !== 'snapshot-set' && resource.kind !== 'replica') {
    return `its tags are those of a ${resource.kind}`;
  }
  if (resource.region !== region) return `its tags are of a ${resource.kind} in ${resource.region}`;
  if (Description !== requestTextOf(requestId)) {
    return 'its tags are of another snapshot: its description names another request';
  }
  switch (resource.kind) {
    case 'replica':
      if (resource.account !== null && accountIdOf(resource.account) !== OwnerId) {
        return `its tags are of a copy in account ${accountIdOf(resource.account)}`;
      }
      return resource.source.volumes.some(({ volumeId }) => volumeId === resource.volumeId)
        ? null
        : 'its tags are of a volume that its set does not have';
    case 'snapshot-set': {
      if (!resource.volumes.some(({ volumeId }) => volumeId === VolumeId)) {
        return 'its tags are of a set without its volume';
      }
      const offMs = Math.abs((StartTime?.getTime() ?? 0) - resource.requestedAt);
      return offMs <= clockSkewMaxMs ? null : 'its tags are of another time';
    }
  }
}

function stateOf(snapshot: Snapshot): {
  readonly state: SnapshotState;
  readonly stateMessage: string;
} {
  const { State, StateMessage = '' } = snapshot;
  switch (State) {
    case 'completed':
      return isArchived(snapshot)
        ? { state: 'archived', stateMessage: 'it is in the archive tier' }
        : { state: 'completed', stateMessage: '' };
    case 'pending':
    case 'recovering':
      return { state: 'pending', stateMessage: '' };
    case 'error':
      return { state: 'error', stateMessage: StateMessage };
    case 'recoverable':
      return { state: 'error', stateMessage: 'it is in the recycle bin' };
    case undefined:
      return { state: 'error', stateMessage: 'EC2 tells no state' };
  }
}

/** One that is back from the archive for some days can be used meanwhile. */
export function isArchived({ StorageTier, RestoreExpiryTime }: Snapshot): boolean {
  return StorageTier === 'archive' && RestoreExpiryTime === undefined;
}
