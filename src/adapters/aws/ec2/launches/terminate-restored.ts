import { type Instance, TerminateInstancesCommand, type Volume } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, VolumeId } from '../../../../domain/identifiers.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { isNotFound } from '../ec2-error.ts';
import { listInstances, listVolumes } from '../instances/describe-instances.ts';
import { pollUntil } from '../poll-until.ts';
import { restoredInstanceOf, restoredVolumeOf } from '../restores/find-remnants.ts';
import { deleteFreeVolume } from '../volumes/delete-volume.ts';

/**
 * Terminates an instance that a restore has launched, and removes the volumes that it was launched with;
 * what else was attached to it stays. Fine when it is gone already.
 *
 * @throws RESOURCE_UNTRUSTED for one that cannot be told to be of a restore, TIMED_OUT
 */
export async function terminateRestored(
  connection: Ec2Connection,
  instanceId: InstanceId,
  isRecent: () => boolean,
): Promise<void> {
  const own = new Set<VolumeId>();
  let wasSeen = false;
  await pollUntil(connection, `instance ${instanceId} terminated`, async () => {
    const filters = [{ Name: 'instance-id', Values: [instanceId] }];
    const [instance] = await listInstances(connection, filters);
    // One that was launched a moment ago may not be shown yet.
    if (instance === undefined) return isRecent() && !wasSeen ? null : 'gone';
    if (instance.State?.Name === 'terminated') return 'gone';
    wasSeen = true;
    const sessionId = requireRestored(connection, instance);
    for (const id of await volumesOf(connection, instanceId, sessionId)) own.add(id);
    await requestTermination(connection, instanceId);
    return null;
  });
  for (const volumeId of own) await deleteFreeVolume(connection, volumeId, () => false);
}

function requireRestored(connection: Ec2Connection, instance: Instance): SessionId {
  const owner = restoredInstanceOf(connection, instance);
  if (owner !== null) return owner.sessionId;
  const { InstanceId: instanceId = '' } = instance;
  throw new SnapledgerError(
    'RESOURCE_UNTRUSTED',
    `${instanceId} does not carry the tags of an instance that a restore has launched as it was`,
    { remedy: 'Look at the instance, and terminate it by hand if nobody needs it.' },
  );
}

async function volumesOf(
  connection: Ec2Connection,
  instanceId: InstanceId,
  sessionId: SessionId,
): Promise<readonly VolumeId[]> {
  const filters = [{ Name: 'attachment.instance-id', Values: [instanceId] }];
  const attached = await listVolumes(connection, filters);
  const isOwn = (volume: Volume): boolean =>
    restoredVolumeOf(connection, volume)?.sessionId === sessionId;
  return attached.filter(isOwn).map(({ VolumeId: id = '' }) => id as VolumeId);
}

async function requestTermination(
  connection: Ec2Connection,
  instanceId: InstanceId,
): Promise<void> {
  const { region } = connection;
  try {
    await callEc2(
      connection,
      { operation: 'TerminateInstances', region, repetition: 'safe' },
      (client, options) =>
        client.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }), options),
    );
  } catch (error) {
    // Not known everywhere yet, or gone meanwhile: the next look shows which.
    if (!isNotFound(error)) throw error;
  }
}
