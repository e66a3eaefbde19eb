import { blockSizeBytes } from '../../../../domain/block-size.ts';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { VolumePlace } from '../../../../domain/restore-session/volume-place.ts';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import type { VolumeRestores } from '../../../../ports/cloud/volume-restores.ts';
import type { ImageTarget, ImageWriter } from '../../../../ports/image-target.ts';
import type { EbsConnection } from '../../ebs/ebs-connection.ts';
import { type EbsSnapshotWriter, startEbsSnapshot } from '../../ebs/ebs-snapshot-writer.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { bytesPerGib } from '../ec2-limits.ts';
import { listVolumes } from '../instances/describe-instances.ts';
import { requestTextOf, requestIdOfToken, tokenRequest } from '../request-tags.ts';
import { deleteSnapshot } from '../snapshots/delete-snapshot.ts';
import { tagKey } from '../snapshots/ec2-snapshots.ts';
import { listSnapshots } from '../snapshots/list-snapshots.ts';
import { deleteVolume } from '../volumes/delete-volume.ts';
import { restoreRemnants } from './find-remnants.ts';
import { awaitWrittenSnapshot, createRestoredVolume } from './restored-volume.ts';

/**
 * Volumes of restore points: a snapshot is written by EBS direct, with every block that the point has,
 * zero or not (what a snapshot does not have reads as anything when it is encrypted); a volume is made
 * of it, and the snapshot removed.
 */
export function createEc2VolumeRestores(
  connection: Ec2Connection,
  ebs: EbsConnection,
): VolumeRestores {
  const remove = ({ type, resourceId }: Made, isRecent: () => boolean): Promise<void> =>
    type === 'volume'
      ? deleteVolume(connection, resourceId as VolumeId, isRecent)
      : deleteSnapshot(connection, connection.region, resourceId as SnapshotId, isRecent);
  return {
    target: (owner, place) => createTarget({ connection, ebs, remove }, owner, place),
    async find({ sessionId }) {
      const filter = tagKey(sealTagName(connection.keys, { kind: 'session', sessionId }));
      return restoreRemnants(
        connection,
        await listSnapshots(connection, connection.region, filter),
        await listVolumes(connection, [filter]),
      );
    },
    remove: (remnant) => remove(remnant, () => false),
  };
}

type Made = Parameters<VolumeRestores['remove']>[0];

interface Parts {
  readonly connection: Ec2Connection;
  readonly ebs: EbsConnection;
  /** `isRecent`: what is not found may not be shown yet, and is asked for again. */
  readonly remove: (made: Made, isRecent: () => boolean) => Promise<void>;
}

function createTarget(parts: Parts, owner: ResourceOwner, place: VolumePlace): ImageTarget {
  return {
    check: () => {
      const { region, availabilityZone: zone } = place;
      if (zone.startsWith(region)) return Promise.resolve();
      return Promise.reject(
        new SnapledgerError('INVALID_ARGUMENT', `the zone ${zone} is not in ${region}`, {
          remedy: 'Name a zone of the region of the vault.',
        }),
      );
    },
    async open({ volumeId, sizeBytes }) {
      const { keys } = parts.connection;
      const description = { kind: 'restore-snapshot', owner } as const;
      const token = `${owner.sessionId}-snapshot-${volumeId}`;
      const { ClientToken, tags } = tokenRequest(keys, token, description);
      const snapshot = await startEbsSnapshot(parts.ebs, {
        sizeGib: Math.ceil(sizeBytes / bytesPerGib),
        description: requestTextOf(requestIdOfToken(ClientToken) ?? ''),
        tags: tags.map(({ name, value }) => ({ Key: name, Value: value })),
        clientToken: ClientToken,
        keyArn: place.keyId,
      });
      return createWriter(parts, snapshot, owner, place);
    },
  };
}

function createWriter(
  { connection, remove }: Parts,
  snapshot: EbsSnapshotWriter,
  owner: ResourceOwner,
  place: VolumePlace,
): ImageWriter {
  const { snapshotId } = snapshot;
  const { clock, limits } = connection;
  const beganMs = clock.now();
  const isRecent = (): boolean => clock.now() < beganMs + limits.appearanceMs;
  let made: VolumeId | null = null;
  return {
    async write(offsetBytes, bytes) {
      const first = offsetBytes / blockSizeBytes;
      const count = Math.ceil(bytes.byteLength / blockSizeBytes);
      await Promise.all(
        Array.from({ length: count }, (_, n) => {
          const begin = n * blockSizeBytes;
          return snapshot.put(first + n, whole(bytes.subarray(begin, begin + blockSizeBytes)));
        }),
      );
    },
    async passed({ offsetBytes, lengthBytes, content }) {
      const first = offsetBytes / blockSizeBytes;
      const end = Math.ceil((offsetBytes + lengthBytes) / blockSizeBytes);
      if (content === 'zero') await putZeros(snapshot, first, end);
      snapshot.passed(end);
    },
    async finish(damage) {
      if (damage.length > 0) throw damaged(damage.length);
      await snapshot.complete();
      await awaitWrittenSnapshot(connection, snapshotId);
      const volumeId = await createRestoredVolume(
        connection,
        snapshotId,
        owner,
        place,
        (created) => (made = created),
      );
      await remove({ type: 'snapshot', resourceId: snapshotId }, isRecent);
      return { location: `${volumeId} in ${place.availabilityZone}` };
    },
    async abort() {
      if (made !== null) await remove({ type: 'volume', resourceId: made }, isRecent);
      await remove({ type: 'snapshot', resourceId: snapshotId }, isRecent);
    },
  };
}

const zeros = new Uint8Array(blockSizeBytes);
/** Blocks of zeros that are put at once. */
const zerosAtOnce = 32;

async function putZeros(snapshot: EbsSnapshotWriter, first: number, end: number): Promise<void> {
  for (let from = first; from < end; from += zerosAtOnce) {
    const count = Math.min(zerosAtOnce, end - from);
    await Promise.all(Array.from({ length: count }, (_, n) => snapshot.put(from + n, zeros)));
  }
}

/** The last block of a volume may be short; EBS takes whole ones. */
function whole(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength === blockSizeBytes) return bytes;
  const padded = new Uint8Array(blockSizeBytes);
  padded.set(bytes);
  return padded;
}

function damaged(pieces: number): SnapledgerError {
  return new SnapledgerError(
    'POINT_DAMAGED',
    `what is stored of the volume is damaged in ${pieces} places: no volume is made of it`,
    {
      remedy: "Restore it to an image ('--to'), which lists the damage, or restore another point.",
    },
  );
}
