import { CreateVolumeCommand, type Volume } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type {
  FreeVolumes,
  TemporaryVolume,
  TemporaryVolumeRequest,
  Volumes,
} from '../../../../ports/cloud/volumes.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { isNotFound } from '../ec2-error.ts';
import { listInstances, listVolumes } from '../instances/describe-instances.ts';
import { RecentlyMade } from '../recently-made.ts';
import { tagSpecificationOf, tokenRequest } from '../request-tags.ts';
import { tagKey } from '../snapshots/ec2-snapshots.ts';
import { workerOf } from '../workers/ec2-workers.ts';
import { requireWorkerSettings, type WorkerSettings } from '../workers/worker-settings.ts';
import { whenCompleted } from '../when-completed.ts';
import { attachVolume, isGone } from './attach-volume.ts';
import { deleteFreeVolume, deleteVolume } from './delete-volume.ts';
import { attachedToOf, attachmentsOf, trustedVolumes } from './trusted-volumes.ts';

/** Volumes that are re-created from snapshots for a worker to read. */
export function createEc2Volumes(
  connection: Ec2Connection,
  worker: WorkerSettings | null,
): Volumes & FreeVolumes {
  const { region, keys, clock, limits } = connection;
  const recent = new RecentlyMade<TemporaryVolume>(clock, limits.appearanceMs);

  return {
    async create(request) {
      const volume = await createVolume(connection, requireWorkerSettings(worker), request);
      recent.add(volume.volumeId, volume);
      return volume;
    },
    async attach(volumeId, workerId) {
      await attachVolume(connection, volumeId, workerId, () => recent.has(volumeId));
    },
    async find({ sessionId }) {
      const name = sealTagName(keys, { kind: 'session', sessionId });
      const listed = await listVolumes(connection, [tagKey(name)]);
      const seen = listed.map(({ VolumeId: volumeId = '' }) => volumeId);
      const existing = listed.filter((volume) => !isGone(volume));
      const workerIds = await workerIdsFor(connection, name, existing);
      const described = trustedVolumes(connection, region, existing, workerIds);
      return [...described, ...recent.unseen(seen, ({ owner }) => owner.sessionId === sessionId)];
    },
    async delete(volumeId) {
      await deleteVolume(connection, volumeId, () => recent.has(volumeId));
      recent.forget(volumeId);
    },
    async deleteFree(volumeId) {
      const removed = await deleteFreeVolume(connection, volumeId, () => recent.has(volumeId));
      if (removed === 'removed') recent.forget(volumeId);
      return removed;
    },
  };
}

/** The workers of the session, if any of its volumes is attached. */
async function workerIdsFor(
  connection: Ec2Connection,
  sessionTagName: string,
  volumes: readonly Volume[],
): Promise<ReadonlySet<string>> {
  if (volumes.every((volume) => attachmentsOf(volume).length === 0)) return new Set();
  const instances = await listInstances(connection, [tagKey(sessionTagName)]);
  const workers = instances.map((instance) => workerOf(connection, connection.region, instance));
  return new Set(workers.filter((one) => one !== null).map(({ workerId }) => workerId));
}

/** @throws SNAPSHOT_NOT_FOUND */
async function createVolume(
  connection: Ec2Connection,
  // Where the workers are: a volume cannot leave its zone.
  { availabilityZone }: WorkerSettings,
  { snapshotId, owner, clientToken }: TemporaryVolumeRequest,
): Promise<TemporaryVolume> {
  const { region, keys } = connection;
  const description = { kind: 'temporary-volume', owner, snapshotId } as const;
  const { ClientToken, tags } = tokenRequest(keys, clientToken, description);
  try {
    const volume = await whenCompleted(connection, () =>
      callEc2(
        connection,
        { operation: 'CreateVolume', region, repetition: 'safe' },
        (client, options) =>
          client.send(
            new CreateVolumeCommand({
              SnapshotId: snapshotId,
              AvailabilityZone: availabilityZone,
              VolumeType: 'gp3',
              ClientToken,
              TagSpecifications: [tagSpecificationOf('volume', tags)],
            }),
            options,
          ),
      ),
    );
    const { VolumeId: volumeId = '' } = volume;
    return {
      volumeId: volumeId as VolumeId,
      snapshotId,
      owner,
      attachedTo: attachedToOf(volume),
    };
  } catch (error) {
    throw isNotFound(error) ? snapshotNotFound(snapshotId, error) : error;
  }
}

function snapshotNotFound(snapshotId: SnapshotId, cause: unknown): SnapledgerError {
  return new SnapledgerError('SNAPSHOT_NOT_FOUND', `there is no snapshot ${snapshotId}`, {
    cause,
    remedy: 'It was removed; back the instance up again.',
    details: { snapshotId },
  });
}
