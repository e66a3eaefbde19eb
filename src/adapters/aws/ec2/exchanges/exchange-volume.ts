import {
  AttachVolumeCommand,
  DetachVolumeCommand,
  ModifyInstanceAttributeCommand,
  type Volume,
} from '@aws-sdk/client-ec2';
import { hasErrorCode, SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId, VolumeId } from '../../../../domain/identifiers.ts';
import type { ExchangeRequest } from '../../../../ports/cloud/volume-exchanges.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, isNotFound } from '../ec2-error.ts';
import { pollUntil } from '../poll-until.ts';
import { findVolume, isGone } from '../volumes/attach-volume.ts';
import { attachmentsOf } from '../volumes/trusted-volumes.ts';
import { requireInstance } from './original-instance.ts';

/**
 * Lets one volume of an instance give way to another one. There is no client token for it: each look begins
 * with how things are, so that a request whose reply was lost is found done.
 *
 * @throws UNKNOWN_INSTANCE, VOLUME_NOT_FOUND, CLOUD_REFUSED, TIMED_OUT
 */
export async function exchangeVolume(
  connection: Ec2Connection,
  { instanceId, detach, attach, ...place }: ExchangeRequest,
  signal?: AbortSignal,
): Promise<void> {
  if (detach !== null) await detachFrom(connection, instanceId, detach, signal);
  if (attach !== null) {
    await attachTo(connection, { instanceId, volumeId: attach, ...place }, signal);
  }
}

async function detachFrom(
  connection: Ec2Connection,
  instanceId: InstanceId,
  volumeId: VolumeId,
  signal?: AbortSignal,
): Promise<void> {
  const look = async (): Promise<'free' | null> => {
    const volume = await findVolume(connection, volumeId);
    if (volume === null || isGone(volume)) return 'free';
    const here = attachmentsOf(volume).find((one) => one.InstanceId === instanceId);
    if (here === undefined) return 'free';
    await requireInstance(connection, instanceId);
    if (here.State === 'detaching') return null;
    await passing(connection, 'DetachVolume', (client, options) =>
      client.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId }), options),
    );
    return null;
  };
  await pollUntil(connection, `volume ${volumeId} detached from ${instanceId}`, look, signal);
}

interface Attaching extends Omit<ExchangeRequest, 'detach' | 'attach'> {
  readonly volumeId: VolumeId;
}

async function attachTo(
  connection: Ec2Connection,
  attaching: Attaching,
  signal?: AbortSignal,
): Promise<void> {
  const { instanceId, volumeId, device } = attaching;
  const what = `volume ${volumeId} attached to ${instanceId} as ${device}`;
  const look = async (): Promise<'attached' | null> => {
    await requireInstance(connection, instanceId);
    const volume = await findVolume(connection, volumeId);
    if (volume === null || isGone(volume)) throw volumeNotFound(volumeId);
    const [attachment] = attachmentsOf(volume);
    if (attachment === undefined) {
      if (volume.State !== 'available') return null;
      await passing(connection, 'AttachVolume', (client, options) =>
        client.send(
          new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device }),
          options,
        ),
      );
      return null;
    }
    if (attachment.InstanceId !== instanceId || attachment.Device !== device) {
      throw attachedElsewhere(volume);
    }
    if (attachment.State !== 'attached') return null;
    const goes = attachment.DeleteOnTermination === true ? 'delete' : 'keep';
    if (goes === attaching.onTermination) return 'attached';
    await setOnTermination(connection, attaching);
    return null;
  };
  await pollUntil(connection, what, look, signal);
}

async function setOnTermination(
  connection: Ec2Connection,
  { instanceId, device, onTermination }: Attaching,
): Promise<void> {
  const Ebs = { DeleteOnTermination: onTermination === 'delete' };
  await passing(connection, 'ModifyInstanceAttribute', (client, options) =>
    client.send(
      new ModifyInstanceAttributeCommand({
        InstanceId: instanceId,
        BlockDeviceMappings: [{ DeviceName: device, Ebs }],
      }),
      options,
    ),
  );
}

/** One request; where how things are tells more than its error, the next look shows it. */
async function passing(
  connection: Ec2Connection,
  operation: 'AttachVolume' | 'DetachVolume' | 'ModifyInstanceAttribute',
  send: Parameters<typeof callEc2<unknown>>[2],
): Promise<void> {
  const { region } = connection;
  try {
    await callEc2(connection, { operation, region, repetition: 'once' }, send);
  } catch (error) {
    const isPassing =
      hasErrorCode(error, 'CLOUD_UNAVAILABLE') ||
      isNotFound(error) ||
      ['VolumeInUse', 'IncorrectState', 'IncorrectInstanceState'].includes(awsCodeOf(error));
    if (!isPassing) throw error;
  }
}

function attachedElsewhere(volume: Volume): SnapledgerError {
  const { VolumeId: volumeId = '' } = volume;
  const [attachment] = attachmentsOf(volume);
  return new SnapledgerError(
    'CLOUD_REFUSED',
    `volume ${volumeId} is attached to ${attachment?.InstanceId ?? 'an instance'} as ${attachment?.Device ?? 'a device'}`,
    { remedy: 'Detach it there, if nothing needs it there.', details: { volumeId } },
  );
}

function volumeNotFound(volumeId: VolumeId): SnapledgerError {
  return new SnapledgerError('VOLUME_NOT_FOUND', `there is no volume ${volumeId}`, {
    remedy: 'It was deleted by something else.',
    details: { volumeId },
  });
}
