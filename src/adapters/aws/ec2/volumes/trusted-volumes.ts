import type { Volume, VolumeAttachment } from '@aws-sdk/client-ec2';
import type { Region, VolumeId, WorkerId } from '../../../../domain/identifiers.ts';
import type { TemporaryVolume } from '../../../../ports/cloud/volumes.ts';
import type { TemporaryVolumeDescription } from '../../tags/resource-description.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { trustedResource } from '../trusted-resource.ts';

type Reading = Pick<Ec2Connection, 'keys' | 'onUntrusted'>;

/**
 * The temporary volumes that can be trusted. EC2 tells nothing of a volume by which its request is
 * known but the tags, which can be copied. Therefore a volume must have been made from the snapshot
 * of its tags, of two volumes of one request neither is believed, and one that is attached to
 * anything but a worker is left to whoever uses it.
 *
 * @param volumes every volume that carries the tags of one session, or of the repository
 * @param workerIds of trusted workers: all that any of the volumes may be attached to
 */
export function trustedVolumes(
  reading: Reading,
  region: Region,
  volumes: readonly Volume[],
  workerIds: ReadonlySet<string>,
): readonly TemporaryVolume[] {
  const authentic = volumes
    .map((volume) => authenticVolume(reading, region, volume))
    .filter((one) => one !== null);
  const byRequest = Map.groupBy(authentic, ({ requestId }) => requestId);
  return authentic.flatMap(({ requestId, volume, resource }) => {
    const alike = (byRequest.get(requestId) ?? []).map((one) => one.volume.VolumeId ?? '');
    const misfit = misfitOf(volume, resource, alike, workerIds);
    const { VolumeId: resourceId = '' } = volume;
    if (misfit !== null) {
      reading.onUntrusted({ region, resourceId, reason: misfit });
      return [];
    }
    return [
      {
        volumeId: resourceId as VolumeId,
        snapshotId: resource.snapshotId,
        owner: resource.owner,
        attachedTo: attachedToOf(volume),
      },
    ];
  });
}

interface AuthenticVolume {
  readonly volume: Volume;
  readonly requestId: string;
  readonly resource: TemporaryVolumeDescription;
}

function authenticVolume(reading: Reading, region: Region, volume: Volume): AuthenticVolume | null {
  const { VolumeId: resourceId = '', Tags: tags } = volume;
  const opened = trustedResource(reading, region, { resourceId, tags });
  if (opened?.resource.kind !== 'temporary-volume') return null;
  return { volume, requestId: opened.requestId, resource: opened.resource };
}

/** Why tags that were written by us are not of this volume; null when they can be. */
function misfitOf(
  volume: Volume,
  { snapshotId }: TemporaryVolumeDescription,
  alike: readonly string[],
  workerIds: ReadonlySet<string>,
): string | null {
  if (volume.SnapshotId !== snapshotId) return 'its tags are of a volume of another snapshot';
  if (alike.length > 1) return `its tags are also on ${alike.join(', ')}`;
  const stranger = attachmentsOf(volume).find(({ InstanceId = '' }) => !workerIds.has(InstanceId));
  return stranger === undefined
    ? null
    : `it is attached to ${stranger.InstanceId ?? 'an instance'}, which is no worker of ours`;
}

export function attachedToOf(volume: Volume): WorkerId | null {
  const [attachment] = attachmentsOf(volume);
  return (attachment?.InstanceId as WorkerId | undefined) ?? null;
}

/** Those that are not over. */
export function attachmentsOf({ Attachments = [] }: Volume): readonly VolumeAttachment[] {
  return Attachments.filter(({ State }) => State !== 'detached');
}
