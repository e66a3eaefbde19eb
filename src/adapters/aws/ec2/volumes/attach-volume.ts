import { AttachVolumeCommand, type Instance, type Volume } from '@aws-sdk/client-ec2';
import { hasErrorCode, SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { VolumeId, WorkerId } from '../../../../domain/identifiers.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, isNotFound } from '../ec2-error.ts';
import { listInstances, listVolumes } from '../instances/describe-instances.ts';
import { pollUntil } from '../poll-until.ts';
import { freeDeviceName } from './device-names.ts';

/**
 * Attaches a volume to a worker and waits until it is. There is no client token for it: each look
 * begins with how things are, so that a request whose reply was lost is found done.
 *
 * @throws VOLUME_NOT_FOUND, CLOUD_REFUSED for a volume that came to nothing, WORKER_NOT_FOUND,
 *   LIMIT_EXCEEDED, TIMED_OUT
 */
export async function attachVolume(
  connection: Ec2Connection,
  volumeId: VolumeId,
  workerId: WorkerId,
  isRecent: () => boolean,
): Promise<void> {
  // EC2 may not show an instance for a while after it was launched, by this process or another.
  let looksLeft = connection.limits.missingInstanceLooks;
  await pollUntil(connection, `volume ${volumeId} attached to ${workerId}`, async () => {
    const volume = await findVolume(connection, volumeId);
    if (volume === null && isRecent()) return null;
    if (volume === null || isGone(volume)) throw volumeNotFound(volumeId);
    if (volume.State === 'error') throw volumeFailed(volumeId);
    switch (placeOf(volume, workerId)) {
      case 'attached':
        return 'attached';
      case 'busy':
        // It is being created, attached, or detached from a worker that has ended.
        return null;
      case 'free':
        looksLeft -= 1;
        await requestAttachment(connection, volumeId, workerId, looksLeft > 0 ? 'early' : 'late');
        return null;
    }
  });
}

function placeOf(
  { State, Attachments = [] }: Volume,
  workerId: WorkerId,
): 'attached' | 'busy' | 'free' {
  const here = Attachments.find(({ InstanceId }) => InstanceId === workerId);
  if (here !== undefined) return here.State === 'attached' ? 'attached' : 'busy';
  return State === 'available' ? 'free' : 'busy';
}

/** Whether a worker that is not shown may still appear. */
type Look = 'early' | 'late';

async function requestAttachment(
  connection: Ec2Connection,
  volumeId: VolumeId,
  workerId: WorkerId,
  look: Look,
): Promise<void> {
  const worker = await requireWorker(connection, workerId, look);
  if (worker === 'starting') return;
  const device = freeDeviceName(
    new Set((worker.BlockDeviceMappings ?? []).map(({ DeviceName = '' }) => DeviceName)),
  );
  if (device === null) {
    throw new SnapledgerError('LIMIT_EXCEEDED', `worker ${workerId} has no device name left`, {
      remedy: 'Leave out volumes in the policy.',
    });
  }
  const { region } = connection;
  try {
    await callEc2(
      connection,
      { operation: 'AttachVolume', region, repetition: 'once' },
      (client, options) =>
        client.send(
          new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: workerId, Device: device }),
          options,
        ),
    );
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}

/**
 * Whether how things are tells more than this error: the reply was lost, somebody else was faster,
 * or one of the two is not ready or not yet known everywhere.
 */
function isPassing(error: unknown): boolean {
  if (hasErrorCode(error, 'CLOUD_UNAVAILABLE') || isNotFound(error)) return true;
  const code = awsCodeOf(error);
  const passing = ['VolumeInUse', 'IncorrectState', 'IncorrectInstanceState'];
  // The name of the device was taken meanwhile.
  return (
    passing.includes(code) || (code === 'InvalidParameterValue' && said(error).includes('in use'))
  );
}

async function requireWorker(
  connection: Ec2Connection,
  workerId: WorkerId,
  look: Look,
): Promise<Instance | 'starting'> {
  const [instance] = await listInstances(connection, [{ Name: 'instance-id', Values: [workerId] }]);
  if (instance === undefined && look === 'early') return 'starting';
  switch (instance?.State?.Name) {
    case 'running':
      return instance;
    case 'pending':
      return 'starting';
    case 'shutting-down':
    case 'terminated':
    case 'stopping':
    case 'stopped':
    case undefined:
      throw new SnapledgerError(
        'WORKER_NOT_FOUND',
        `there is no worker ${workerId}, or it has ended`,
        { remedy: 'Launch another worker.', details: { workerId } },
      );
  }
}

export async function findVolume(
  connection: Ec2Connection,
  volumeId: VolumeId,
): Promise<Volume | null> {
  const [volume] = await listVolumes(connection, [{ Name: 'volume-id', Values: [volumeId] }]);
  return volume ?? null;
}

/** Deleted volumes are shown for a while. */
export function isGone({ State }: Volume): boolean {
  return State === 'deleting' || State === 'deleted';
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** EC2 makes the volume first, and looks at its key later. */
export function volumeFailed(volumeId: VolumeId): SnapledgerError {
  return new SnapledgerError('CLOUD_REFUSED', `volume ${volumeId} ended in the state error`, {
    remedy: 'See that the key (KMS) of its snapshot exists, and that the engine may use it.',
    details: { volumeId },
  });
}

function volumeNotFound(volumeId: VolumeId): SnapledgerError {
  return new SnapledgerError('VOLUME_NOT_FOUND', `there is no temporary volume ${volumeId}`, {
    remedy: 'It was deleted; create it again from its snapshot.',
    details: { volumeId },
  });
}
