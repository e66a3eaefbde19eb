import { DeleteVolumeCommand, DetachVolumeCommand, type Volume } from '@aws-sdk/client-ec2';
import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import type { VolumeId } from '../../../../domain/identifiers.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, isNotFound } from '../ec2-error.ts';
import { listInstances } from '../instances/describe-instances.ts';
import { pollUntil } from '../poll-until.ts';
import { findVolume, isGone } from './attach-volume.ts';
import { attachmentsOf } from './trusted-volumes.ts';

/**
 * Detaches a temporary volume if need be and removes it; fine when it is gone already.
 *
 * @throws TIMED_OUT
 */
export async function deleteVolume(
  connection: Ec2Connection,
  volumeId: VolumeId,
  isRecent: () => boolean,
): Promise<void> {
  let wasSeen = false;
  await pollUntil(connection, `volume ${volumeId} removed`, async () => {
    const volume = await findVolume(connection, volumeId);
    // One that was made a moment ago may not be shown yet.
    if (volume === null) return isRecent() && !wasSeen ? null : 'gone';
    if (isGone(volume)) return 'gone';
    wasSeen = true;
    const [attachment] = volume.Attachments ?? [];
    if (attachment === undefined) {
      if (volume.State !== 'creating') await request(connection, 'DeleteVolume', volumeId);
    } else if (attachment.State !== 'detaching') {
      await request(connection, 'DetachVolume', volumeId);
    }
    return null;
  });
}

/**
 * Removes a volume that its user may have attached meanwhile: one that is in use stays, and nothing
 * detaches it. EC2 itself refuses to delete what is attached, so that no look can come too late. That
 * EC2 shows it as free is waited for when what it is attached to is terminated. Fine when it is gone
 * already.
 *
 * @throws TIMED_OUT
 */
export async function deleteFreeVolume(
  connection: Ec2Connection,
  volumeId: VolumeId,
  isRecent: () => boolean,
): Promise<'removed' | 'in-use'> {
  let wasSeen = false;
  return await pollUntil(connection, `volume ${volumeId} removed`, async () => {
    const volume = await findVolume(connection, volumeId);
    // One that was made a moment ago may not be shown yet.
    if (volume === null) return isRecent() && !wasSeen ? null : 'removed';
    if (isGone(volume)) return 'removed';
    wasSeen = true;
    if (attachmentsOf(volume).length > 0) {
      return (await isOfTerminated(connection, volume)) ? null : 'in-use';
    }
    if (volume.State !== 'creating') await request(connection, 'DeleteVolume', volumeId);
    return null;
  });
}

async function isOfTerminated(connection: Ec2Connection, volume: Volume): Promise<boolean> {
  const ids = new Set(attachmentsOf(volume).map(({ InstanceId = '' }) => InstanceId));
  const instances = await listInstances(connection, [{ Name: 'instance-id', Values: [...ids] }]);
  const terminated = instances.filter(({ State }) => State?.Name === 'terminated');
  return terminated.length === ids.size;
}

async function request(
  connection: Ec2Connection,
  operation: 'DeleteVolume' | 'DetachVolume',
  volumeId: VolumeId,
): Promise<void> {
  const { region } = connection;
  try {
    await callEc2<unknown>(
      connection,
      { operation, region, repetition: 'safe' },
      (client, options) =>
        operation === 'DeleteVolume'
          ? client.send(new DeleteVolumeCommand({ VolumeId: volumeId }), options)
          : client.send(new DetachVolumeCommand({ VolumeId: volumeId }), options),
    );
  } catch (error) {
    // Something else happened to it meanwhile: the next look shows what.
    const isPassing =
      isNotFound(error) || ['VolumeInUse', 'IncorrectState'].includes(awsCodeOf(error));
    if (!isPassing || hasErrorCode(error, 'CLOUD_ACCESS_DENIED')) throw error;
  }
}
