import { blockSizeBytes } from '../../../../domain/block-size.ts';
import { isSnapledgerError, SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { VolumePlace } from '../../../../domain/restore-session/volume-place.ts';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import type { RemovedRemnant, RestoreSource } from '../../../../ports/cloud/volume-restores.ts';
import type { ImageTarget, ImageWriter } from '../../../../ports/image-target.ts';
import type { EbsConnection } from '../../ebs/ebs-connection.ts';
import { type EbsSnapshotWriter, startEbsSnapshot } from '../../ebs/ebs-snapshot-writer.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { bytesPerGib } from '../ec2-limits.ts';
import { encryptionOfDevices } from '../instances/encryption-of-devices.ts';
import { RecentlyMade } from '../recently-made.ts';
import { requestIdOfToken, requestTextOf, tokenRequest } from '../request-tags.ts';
import { checkPlace } from './check-place.ts';
import { type Made, removeMade } from './remove-made.ts';
import { awaitWrittenSnapshot, createRestoredVolume, locationOf } from './restored-volume.ts';

export interface TargetParts {
  readonly connection: Ec2Connection;
  readonly ebs: EbsConnection;
}

export interface RestoreTarget {
  readonly owner: ResourceOwner;
  /** The key that encrypts what is written; null: as the account has it. */
  readonly keyId: string | null;
  /** Of the volumes that are made of the snapshots; null: the snapshots are all that is wanted. */
  readonly place: VolumePlace | null;
  readonly source: RestoreSource;
}

/**
 * Images that are written as snapshots, by EBS direct, with every block that the point has, zero or not.
 * What a snapshot does not have reads as zeros, but as anything when it is encrypted: there, what read as
 * zeros in a source that was not is put as zeros.
 */
export function createTarget(parts: TargetParts, restoring: RestoreTarget): ImageTarget {
  const { owner, place, keyId, source } = restoring;
  const sources = encryptionOfDevices(source.configuration);
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
    check: async (volumes) => {
      if (place !== null) checkPlace(place, volumes);
      if (keyId !== null || source.unencrypted === 'accept') return;
      const encrypted = volumes.find(({ device }) => sources.get(device) === 'encrypted');
      if (encrypted !== undefined) throw wouldBeInClear(encrypted.device);
    },
    async open({ volumeId, device, sizeBytes, signal }) {
      const { keys } = parts.connection;
      const description = { kind: 'restore-snapshot', owner } as const;
      const token = `${owner.sessionId}-snapshot-${volumeId}`;
      const { ClientToken, tags } = tokenRequest(keys, token, description);
      const snapshot = await startEbsSnapshot(parts.ebs, {
        sizeGib: Math.ceil(sizeBytes / bytesPerGib),
        description: requestTextOf(requestIdOfToken(ClientToken) ?? ''),
        tags: tags.map(({ name, value }) => ({ Key: name, Value: value })),
        clientToken: ClientToken,
        keyArn: keyId,
        signal,
      });
      const readsAsAnything = snapshot.isEncrypted && sources.get(device) !== 'encrypted';
      const absent = readsAsAnything ? 'put' : 'leave';
      return createWriter(parts, { ...restoring, snapshot, absent, signal });
    },
  };
}

interface Writing extends RestoreTarget {
  readonly snapshot: EbsSnapshotWriter;
  /** What becomes of blocks that the point does not have. */
  readonly absent: 'put' | 'leave';
  readonly signal: AbortSignal;
}

function createWriter(
  { connection }: TargetParts,
  { owner, place, source: { performance }, snapshot, absent, signal }: Writing,
): ImageWriter {
  const { snapshotId } = snapshot;
  const { clock, limits } = connection;
  const recent = new RecentlyMade<Made['type']>(clock, limits.appearanceMs);
  const remove = (type: Made['type'], resourceId: string): Promise<RemovedRemnant> =>
    removeMade(connection, { type, resourceId }, () => recent.has(resourceId));
  recent.add(snapshotId, 'snapshot');
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
      const isPut = content === 'zero' || (content === 'absent' && absent === 'put');
      if (isPut) await putZeros(snapshot, first, end);
      snapshot.passed(end);
    },
    async finish(damage) {
      if (damage.length > 0) throw damaged(damage.length);
      await snapshot.complete();
      await awaitWrittenSnapshot(connection, snapshotId, signal);
      if (place === null) return { location: snapshotId, resourceId: snapshotId };
      const volumeId = await createRestoredVolume(connection, {
        snapshotId,
        owner,
        place,
        ...(performance === undefined ? {} : { performance }),
        signal,
        onCreated: (created) => {
          made = created;
          recent.add(created, 'volume');
        },
      });
      const location = locationOf(volumeId, place);
      try {
        await remove('snapshot', snapshotId);
      } catch (error) {
        // The volume is whole: it does not go because of what it was made of.
        const left = snapshotLeft(snapshotId, place, error);
        return { location: `${location} (${left})`, resourceId: volumeId };
      }
      return { location, resourceId: volumeId };
    },
    async abort() {
      if (made !== null) await remove('volume', made);
      await remove('snapshot', snapshotId);
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

function snapshotLeft(snapshotId: SnapshotId, { region }: VolumePlace, error: unknown): string {
  const why = isSnapledgerError(error) ? error.code : 'an unexpected error';
  return `its snapshot ${snapshotId} could not be removed, ${why}: 'snapledger reconcile --region ${region} --yes' removes it`;
}

/** The last block of a volume may be short; EBS takes whole ones. */
function whole(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength === blockSizeBytes) return bytes;
  const padded = new Uint8Array(blockSizeBytes);
  padded.set(bytes);
  return padded;
}

function wouldBeInClear(device: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the volume that ${device} was read of is encrypted, and no key is named for the new one`,
    {
      remedy:
        "Name a key ('--key ARN'), or accept a volume that is encrypted only if the account encrypts every one ('--unencrypted').",
    },
  );
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
