import {
  type ArchitectureValues,
  type BootModeValues,
  DeregisterImageCommand,
  DescribeImagesCommand,
  type Filter,
  type Image,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import { allPages } from '../all-pages.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, isNotFound } from '../ec2-error.ts';
import { pageLength } from '../ec2-limits.ts';
import { pollUntil } from '../poll-until.ts';
import { requestIdOfToken, tagSpecificationOf, tokenRequest } from '../request-tags.ts';
import type { Ec2Launch } from './plan-launch.ts';

const namePrefix = 'snapledger-restore-';

/**
 * Which request has registered an image, as its tags name it; null for one that is not ours. Its name can
 * only be set by that request, and an account has no second image of it in a region.
 */
export function requestIdOfImage({ Name }: Image): string | null {
  if (Name?.startsWith(namePrefix) !== true) return null;
  return requestIdOfToken(Name.slice(namePrefix.length));
}

/**
 * Registers an image of a root snapshot, for as long as it takes to launch an instance of it. The name
 * stands for a client token, which EC2 has none of here.
 *
 * @returns its id, once instances can be launched of it
 * @throws CLOUD_REFUSED, TIMED_OUT
 */
export async function registerImage(
  connection: Ec2Connection,
  launch: Ec2Launch,
  { owner, rootSnapshotId }: { readonly owner: ResourceOwner; readonly rootSnapshotId: SnapshotId },
  onRegistered: (imageId: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { region, keys } = connection;
  const token = `${owner.sessionId}-image`;
  const { ClientToken, tags } = tokenRequest(keys, token, { kind: 'restore-image', owner });
  const Name = namePrefix + ClientToken;
  const imageId = await orFoundByName(connection, Name, async () => {
    const { ImageId = '' } = await callEc2(
      connection,
      // By its name the same request is known again.
      { operation: 'RegisterImage', region, repetition: 'safe', signal },
      (client, options) =>
        client.send(
          new RegisterImageCommand({
            Name,
            Description: 'made by snapledger for one launch',
            Architecture: launch.architecture as ArchitectureValues,
            ...(launch.bootMode === null ? {} : { BootMode: launch.bootMode as BootModeValues }),
            EnaSupport: launch.enaSupport,
            VirtualizationType: 'hvm',
            RootDeviceName: launch.rootDevice,
            BlockDeviceMappings: [
              { DeviceName: launch.rootDevice, Ebs: { SnapshotId: rootSnapshotId } },
            ],
            TagSpecifications: [tagSpecificationOf('image', tags)],
          }),
          options,
        ),
    );
    return ImageId;
  });
  onRegistered(imageId);
  const look = async (): Promise<'available' | null> => {
    const image = await findImage(connection, imageId);
    if (image?.State !== 'failed' && image?.State !== 'error') {
      return image?.State === 'available' ? 'available' : null;
    }
    const why = image.StateReason?.Message ?? 'EC2 says not why';
    throw new SnapledgerError(
      'CLOUD_REFUSED',
      `image ${imageId} ended in the state failed: ${why}`,
      {
        remedy: "Restore to volumes ('--to-volumes') instead.",
      },
    );
  };
  await pollUntil(connection, `image ${imageId} available`, look, signal);
  return imageId;
}

async function orFoundByName(
  connection: Ec2Connection,
  name: string,
  register: () => Promise<string>,
): Promise<string> {
  try {
    return await register();
  } catch (error) {
    if (awsCodeOf(error) !== 'InvalidAMIName.Duplicate') throw error;
    return await pollUntil(connection, `the image ${name} listed`, async () => {
      const [image] = await listImages(connection, [{ Name: 'name', Values: [name] }]);
      return image?.ImageId ?? null;
    });
  }
}

/** The images of this account in the region that meet the filters. */
export function listImages(
  connection: Ec2Connection,
  filters: readonly Filter[],
): Promise<readonly Image[]> {
  return allPages(async (nextToken) => {
    const { Images = [], NextToken } = await callEc2(
      connection,
      { operation: 'DescribeImages', region: connection.region, repetition: 'safe' },
      (client, options) =>
        client.send(
          new DescribeImagesCommand({
            Owners: ['self'],
            Filters: [...filters],
            MaxResults: pageLength,
            NextToken: nextToken,
          }),
          options,
        ),
    );
    return { items: Images, nextToken: NextToken };
  });
}

async function findImage(connection: Ec2Connection, imageId: string): Promise<Image | null> {
  const [image] = await listImages(connection, [{ Name: 'image-id', Values: [imageId] }]);
  return image ?? null;
}

/**
 * Fine when it is gone already. The snapshots that it is of stay.
 *
 * @param isRecent what is not found may not be shown yet, and is asked for again
 */
export async function deregisterImage(
  connection: Ec2Connection,
  imageId: string,
  isRecent: () => boolean,
): Promise<void> {
  const { region } = connection;
  await pollUntil(connection, `image ${imageId} deregistered`, async () => {
    try {
      await callEc2(
        connection,
        { operation: 'DeregisterImage', region, repetition: 'safe' },
        (client, options) => client.send(new DeregisterImageCommand({ ImageId: imageId }), options),
      );
      return 'gone';
    } catch (error) {
      // EC2 answers so as well for one that was deregistered.
      if (!isNotFound(error) && awsCodeOf(error) !== 'InvalidAMIID.Unavailable') throw error;
      return isRecent() && isNotFound(error) ? null : 'gone';
    }
  });
}
