import {
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  type CreateVolumeCommandOutput,
} from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { VolumePlace } from '../../../../domain/restore-session/volume-place.ts';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import type { VolumePerformance } from '../../../../ports/cloud/volume-restores.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { pollUntil } from '../poll-until.ts';
import { tagSpecificationOf, tokenRequest } from '../request-tags.ts';
import { listSnapshots } from '../snapshots/list-snapshots.ts';
import { isArchived } from '../snapshots/trusted-snapshots.ts';
import { findVolume, volumeFailed } from '../volumes/attach-volume.ts';
import { whenCompleted } from '../when-completed.ts';

/**
 * @param onLook told of each look whether EC2 shows the snapshot; what it throws ends the wait
 * @throws SNAPSHOT_FAILED, TIMED_OUT
 */
export async function awaitWrittenSnapshot(
  connection: Ec2Connection,
  snapshotId: SnapshotId,
  signal: AbortSignal,
  onLook: (sight: 'shown' | 'missing') => void = () => undefined,
): Promise<void> {
  const { region, limits } = connection;
  const long = { ...connection, limits: { ...limits, transitionMs: limits.writtenSnapshotMs } };
  const look = async (): Promise<'completed' | null> => {
    signal.throwIfAborted();
    const [found] = await listSnapshots(connection, region, {
      Name: 'snapshot-id',
      Values: [snapshotId],
    });
    onLook(found === undefined ? 'missing' : 'shown');
    // One that was made a moment ago may not be shown yet.
    if (found === undefined || found.State === 'pending') return null;
    if (isArchived(found)) throw archived(snapshotId);
    if (found.State === 'completed') return 'completed';
    throw new SnapledgerError(
      'SNAPSHOT_FAILED',
      `snapshot ${snapshotId} ended in the state ${String(found.State)}: ${found.StateMessage ?? 'EC2 says not why'}`,
      { remedy: 'Restore again; when a key encrypts the volume, see that it can be used.' },
    );
  };
  await pollUntil(long, `snapshot ${snapshotId} completed`, look, signal);
}

function archived(snapshotId: SnapshotId): SnapledgerError {
  return new SnapledgerError('SNAPSHOT_FAILED', `snapshot ${snapshotId} is in the archive tier`, {
    remedy:
      "Bring it back first ('aws ec2 restore-snapshot-tier', which takes hours and costs money), or restore another one.",
  });
}

/** For a person. */
export function locationOf(volumeId: VolumeId, { availabilityZone }: VolumePlace): string {
  return `${volumeId} in ${availabilityZone}`;
}

export interface RestoredVolumeRequest {
  readonly snapshotId: SnapshotId;
  readonly owner: ResourceOwner;
  readonly place: VolumePlace;
  readonly performance?: VolumePerformance;
  /** It exists from here on, and cannot be attached yet. */
  readonly onCreated: (volumeId: VolumeId) => void;
  readonly signal: AbortSignal;
}

/** A volume of a completed snapshot, once it can be attached. */
export async function createRestoredVolume(
  connection: Ec2Connection,
  { snapshotId, owner, place, performance, onCreated, signal }: RestoredVolumeRequest,
): Promise<VolumeId> {
  const { availabilityZone, volumeType, keyId } = place;
  const { region, keys } = connection;
  const description = { kind: 'restored-volume', owner, snapshotId } as const;
  const token = `${owner.sessionId}-restore-${snapshotId}`;
  const { ClientToken, tags } = tokenRequest(keys, token, description);
  const request = (): Promise<CreateVolumeCommandOutput> =>
    callEc2(
      connection,
      { operation: 'CreateVolume', region, repetition: 'safe' },
      (client, options) =>
        client.send(
          new CreateVolumeCommand({
            SnapshotId: snapshotId,
            AvailabilityZone: availabilityZone,
            VolumeType: volumeType as 'gp3',
            ...performanceOf(performance),
            ...(keyId === null ? {} : { Encrypted: true, KmsKeyId: keyId }),
            ClientToken,
            TagSpecifications: [tagSpecificationOf('volume', tags)],
          }),
          options,
        ),
    );
  const { VolumeId = '' } = await whenCompleted(connection, request, signal);
  const volumeId = VolumeId as VolumeId;
  onCreated(volumeId);
  const look = async (): Promise<'available' | null> => {
    const volume = await findVolume(connection, volumeId);
    if (volume?.State === 'error') throw volumeFailed(volumeId);
    return volume?.State === 'available' ? 'available' : null;
  };
  await pollUntil(connection, `volume ${volumeId} available`, look, signal);
  return volumeId;
}

function performanceOf(
  performance: VolumePerformance | undefined,
): Pick<CreateVolumeCommandInput, 'Iops' | 'Throughput'> {
  if (performance === undefined) return {};
  const { iops, throughput } = performance;
  return {
    ...(iops === null ? {} : { Iops: iops }),
    ...(throughput === null ? {} : { Throughput: throughput }),
  };
}
