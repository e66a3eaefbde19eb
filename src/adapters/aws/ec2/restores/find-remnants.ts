import type { Image, Instance, Snapshot, Tag, Volume } from '@aws-sdk/client-ec2';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import type { RestoreRemnant } from '../../../../ports/cloud/volume-restores.ts';
import type { ResourceDescription } from '../../tags/resource-description.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { requestIdOfImage } from '../launches/restore-image.ts';
import { requestIdOfToken, requestTextOf } from '../request-tags.ts';
import { trustedResource } from '../trusted-resource.ts';
import { isGone } from '../volumes/attach-volume.ts';
import { attachmentsOf } from '../volumes/trusted-volumes.ts';

type Reading = Pick<Ec2Connection, 'keys' | 'onUntrusted' | 'region'>;

/** What a region has, or what of it carries the tags of one session. */
export interface ListedResources {
  readonly instances: readonly Instance[];
  readonly images: readonly Image[];
  readonly snapshots: readonly Snapshot[];
  readonly volumes: readonly Volume[];
}

/**
 * What restores have made, in the order in which it can be removed. Each is known by what only the
 * request that made it can set, because who may write tags can copy them: an instance by its client
 * token, an image by its name, a snapshot by its description, and a volume by the snapshot that it was
 * made of. A volume that is in use is its user's, or its instance's, whatever its tags say; one that an
 * instance of them has left behind as it ended is in use no more, also where EC2 does not show that yet.
 */
export function restoreRemnants(
  reading: Reading,
  { instances, images, snapshots, volumes }: ListedResources,
): readonly RestoreRemnant[] {
  const ended = new Set(instances.filter(isEnded).map(({ InstanceId = '' }) => InstanceId));
  const isInUse = (one: Volume): boolean =>
    attachmentsOf(one).some(({ InstanceId = '' }) => !ended.has(InstanceId));
  return [
    ...instances.flatMap((one) =>
      isEnded(one) ? [] : remnantOf('instance', one.InstanceId, restoredInstanceOf(reading, one)),
    ),
    ...images.flatMap((one) => remnantOf('image', one.ImageId, restoreImageOf(reading, one))),
    ...snapshots.flatMap((one) =>
      remnantOf('snapshot', one.SnapshotId, restoreSnapshotOf(reading, one)),
    ),
    ...volumes.flatMap((one) =>
      isGone(one) || isInUse(one)
        ? []
        : remnantOf('volume', one.VolumeId, restoredVolumeOf(reading, one)),
    ),
  ];
}

/** Whose restore has launched the instance; null for another one, or one that is not to be trusted. */
export function restoredInstanceOf(
  reading: Reading,
  { InstanceId: resourceId = '', Tags, ClientToken }: Instance,
): ResourceOwner | null {
  return ownerOf(reading, { resourceId, Tags }, ['restored-instance'], (_, requestId) =>
    requestIdOfToken(ClientToken) === requestId
      ? null
      : 'its tags are of another instance: it was launched by another request',
  );
}

/** Whose restore has made the volume; null for another one, or one that is not to be trusted. */
export function restoredVolumeOf(
  reading: Reading,
  { VolumeId: resourceId = '', Tags, SnapshotId }: Volume,
): ResourceOwner | null {
  const kinds = ['restored-volume', 'restored-instance'] as const;
  return ownerOf(reading, { resourceId, Tags }, kinds, (resource) => {
    const sources = 'snapshotIds' in resource ? resource.snapshotIds : [resource.snapshotId];
    return sources.some((id) => id === SnapshotId)
      ? null
      : 'its tags are of a volume of another snapshot';
  });
}

function restoreImageOf(reading: Reading, image: Image): ResourceOwner | null {
  const { ImageId: resourceId = '', Tags } = image;
  return ownerOf(reading, { resourceId, Tags }, ['restore-image'], (_, requestId) =>
    requestIdOfImage(image) === requestId
      ? null
      : 'its tags are of another image: its name is of another request',
  );
}

function restoreSnapshotOf(
  reading: Reading,
  { SnapshotId: resourceId = '', Tags, Description }: Snapshot,
): ResourceOwner | null {
  return ownerOf(reading, { resourceId, Tags }, ['restore-snapshot'], (_, requestId) =>
    Description === requestTextOf(requestId)
      ? null
      : 'its tags are of another snapshot: its description names another request',
  );
}

type OfKind<Kind> = Extract<ResourceDescription, { readonly kind: Kind }>;

/** @param misfit why authentic tags are not of this resource; null when they are */
function ownerOf<Kind extends ResourceDescription['kind']>(
  reading: Reading,
  { resourceId, Tags: tags }: { readonly resourceId: string; readonly Tags: Tag[] | undefined },
  kinds: readonly Kind[],
  misfit: (resource: OfKind<Kind>, requestId: string) => string | null,
): ResourceOwner | null {
  const opened = trustedResource(reading, reading.region, { resourceId, tags });
  if (opened === null || !isOf(opened.resource, kinds)) return null;
  const reason = misfit(opened.resource, opened.requestId);
  if (reason === null) return opened.resource.owner;
  reading.onUntrusted({ region: reading.region, resourceId, reason });
  return null;
}

function isOf<Kind extends ResourceDescription['kind']>(
  resource: ResourceDescription,
  kinds: readonly Kind[],
): resource is OfKind<Kind> {
  return kinds.some((kind) => kind === resource.kind);
}

/** One that is shutting down still has its volumes: it is removed as one that runs. */
function isEnded({ State }: Instance): boolean {
  return State?.Name === 'terminated';
}

function remnantOf(
  type: RestoreRemnant['type'],
  resourceId: string | undefined,
  owner: ResourceOwner | null,
): readonly RestoreRemnant[] {
  return owner === null || resourceId === undefined ? [] : [{ type, resourceId, owner }];
}
