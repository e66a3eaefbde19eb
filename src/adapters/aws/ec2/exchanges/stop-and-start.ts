import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../../domain/identifiers.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf } from '../ec2-error.ts';
import { pollUntil } from '../poll-until.ts';
import { requireInstance } from './original-instance.ts';

/** Resolves when the instance is stopped. @throws UNKNOWN_INSTANCE, TIMED_OUT, CLOUD_REFUSED */
export async function stopInstance(
  connection: Ec2Connection,
  instanceId: InstanceId,
  signal?: AbortSignal,
): Promise<void> {
  const look = async (): Promise<'stopped' | null> => {
    const { State } = await requireInstance(connection, instanceId);
    if (State?.Name === 'stopped') return 'stopped';
    if (State?.Name === 'running') await request(connection, 'StopInstances', instanceId);
    return null;
  };
  await pollUntil(connection, `instance ${instanceId} stopped`, look, signal);
}

/**
 * Resolves when the instance runs.
 *
 * @throws UNKNOWN_INSTANCE, TIMED_OUT, LIMIT_EXCEEDED; CLOUD_REFUSED also when it begins to start and stops
 */
export async function startInstance(
  connection: Ec2Connection,
  instanceId: InstanceId,
  signal?: AbortSignal,
): Promise<void> {
  let wasStarting = false;
  const look = async (): Promise<'running' | null> => {
    const { State, StateReason } = await requireInstance(connection, instanceId);
    if (State?.Name === 'running') return 'running';
    if (State?.Name === 'pending') wasStarting = true;
    if (State?.Name !== 'stopped') return null;
    if (wasStarting) {
      throw new SnapledgerError(
        'CLOUD_REFUSED',
        `instance ${instanceId} stops as it starts: ${StateReason?.Message ?? 'EC2 does not say why'}`,
        { remedy: 'When a key encrypts its volumes, see that it can be used.' },
      );
    }
    await request(connection, 'StartInstances', instanceId);
    return null;
  };
  await pollUntil(connection, `instance ${instanceId} running`, look, signal);
}

async function request(
  connection: Ec2Connection,
  operation: 'StopInstances' | 'StartInstances',
  instanceId: InstanceId,
): Promise<void> {
  const { region } = connection;
  const InstanceIds = [instanceId];
  try {
    await callEc2<unknown>(
      connection,
      { operation, region, repetition: 'safe' },
      (client, options) =>
        operation === 'StopInstances'
          ? client.send(new StopInstancesCommand({ InstanceIds }), options)
          : client.send(new StartInstancesCommand({ InstanceIds }), options),
    );
  } catch (error) {
    // It is on its way to another state: the next look shows which.
    if (awsCodeOf(error) !== 'IncorrectInstanceState') throw error;
  }
}
