import { CreateTagsCommand, DeleteTagsCommand, type Volume } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { DeviceName, VolumeId } from '../../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import type { KeptVolume } from '../../../../ports/cloud/volume-exchanges.ts';
import type { RemovedRemnant } from '../../../../ports/cloud/volume-restores.ts';
import { openTagName, sealTagName } from '../../tags/tag-name.ts';
import { tagLimits } from '../../tags/tag-limits.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { isNotFound } from '../ec2-error.ts';
import { listVolumes } from '../instances/describe-instances.ts';
import { tagsOf, tokenRequest } from '../request-tags.ts';
import { restoredVolumeOf } from '../restores/find-remnants.ts';
import { trustedResource } from '../trusted-resource.ts';
import { findVolume, isGone } from '../volumes/attach-volume.ts';
import { deleteFreeVolume } from '../volumes/delete-volume.ts';
import { attachmentsOf } from '../volumes/trusted-volumes.ts';

type Reading = Pick<Ec2Connection, 'keys' | 'onUntrusted' | 'region'>;

/**
 * Puts our tags on a volume of the user, which is about to be detached; always the same ones, so that it can be
 * repeated. What a restore has made, or kept, carries the mark already.
 *
 * @throws VOLUME_NOT_FOUND, LIMIT_EXCEEDED
 */
export async function markKept(
  connection: Ec2Connection,
  owner: ResourceOwner,
  { volumeId, device }: { readonly volumeId: VolumeId; readonly device: DeviceName },
): Promise<void> {
  const { keys, region } = connection;
  const volume = await findVolume(connection, volumeId);
  if (volume === null || isGone(volume)) {
    throw new SnapledgerError('VOLUME_NOT_FOUND', `there is no volume ${volumeId}`, {
      remedy: 'It was deleted by something else; restore again.',
    });
  }
  const existing = tagsOf(volume.Tags);
  const mark = sealTagName(keys, { kind: 'mark' });
  if (existing.some(({ name }) => name === mark)) return;
  const description = { kind: 'kept-volume', owner, volumeId, device } as const;
  const { tags } = tokenRequest(keys, `${owner.sessionId}-keep-${volumeId}`, description);
  if (existing.length + tags.length > tagLimits.tagsMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `volume ${volumeId} (${device}) has ${existing.length} tags, and ${tags.length} of snapledger would be put on it: EC2 takes ${tagLimits.tagsMax}`,
      { remedy: 'Remove tags of the volume, and restore again.', details: { volumeId } },
    );
  }
  const Tags = tags.map(({ name, value }) => ({ Key: name, Value: value }));
  await callEc2(
    connection,
    { operation: 'CreateTags', region, repetition: 'safe' },
    (client, options) =>
      client.send(new CreateTagsCommand({ Resources: [volumeId], Tags }), options),
  );
}

/** Takes our tags from a volume, which is its user's from then on; fine when it has none, or is gone. */
export async function unmark(connection: Ec2Connection, volumeId: VolumeId): Promise<void> {
  const { keys, region } = connection;
  const volume = await findVolume(connection, volumeId);
  if (volume === null || isGone(volume)) return;
  const names = tagsOf(volume.Tags).filter(({ name }) => openTagName(keys, name) !== null);
  if (names.length === 0) return;
  const Tags = names.map(({ name }) => ({ Key: name }));
  try {
    await callEc2(
      connection,
      { operation: 'DeleteTags', region, repetition: 'safe' },
      (client, options) =>
        client.send(new DeleteTagsCommand({ Resources: [volumeId], Tags }), options),
    );
  } catch (error) {
    // It was deleted meanwhile.
    if (!isNotFound(error)) throw error;
  }
}

/** Those of the volumes that restores have kept and that are attached to nothing. */
export function keptVolumes(reading: Reading, volumes: readonly Volume[]): readonly KeptVolume[] {
  return volumes.flatMap((volume) => {
    const owner = keptOwnerOf(reading, volume);
    if (owner === null || attachmentsOf(volume).length > 0) return [];
    return [{ volumeId: (volume.VolumeId ?? '') as VolumeId, owner }];
  });
}

/** Whose restore keeps the volume; null for another one, or one that is not to be trusted. */
function keptOwnerOf(reading: Reading, volume: Volume): ResourceOwner | null {
  const { VolumeId: resourceId = '', Tags: tags } = volume;
  const opened = trustedResource(reading, reading.region, { resourceId, tags });
  if (opened?.resource.kind !== 'kept-volume') return null;
  if (opened.resource.volumeId === resourceId) return opened.resource.owner;
  const reason = 'its tags are of another volume';
  reading.onUntrusted({ region: reading.region, resourceId, reason });
  return null;
}

/** @throws RESOURCE_UNTRUSTED, TIMED_OUT */
export async function removeKeptVolume(
  connection: Ec2Connection,
  volumeId: VolumeId,
): Promise<RemovedRemnant> {
  const volume = await findVolume(connection, volumeId);
  if (volume === null || isGone(volume)) return 'removed';
  const owner = keptOwnerOf(connection, volume) ?? restoredVolumeOf(connection, volume);
  if (owner === null) {
    throw new SnapledgerError(
      'RESOURCE_UNTRUSTED',
      `volume ${volumeId} does not carry the tags of a volume that a restore has kept as they were written`,
      { remedy: 'Look at the volume, and delete it by hand if nobody needs it.' },
    );
  }
  return await deleteFreeVolume(connection, volumeId, () => false);
}

/** Those of the ids that EC2 has. */
export async function findVolumes(
  connection: Ec2Connection,
  volumeIds: readonly VolumeId[],
): Promise<readonly Volume[]> {
  if (volumeIds.length === 0) return [];
  const filter = { Name: 'volume-id', Values: [...volumeIds] };
  return (await listVolumes(connection, [filter])).filter((volume) => !isGone(volume));
}
