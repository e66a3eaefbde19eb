import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type Filter,
  type Instance,
  type Volume,
} from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId, Region } from '../../../../domain/identifiers.ts';
import type { InstanceNotice } from '../../../../domain/instance/instance-notice.ts';
import type { InstanceDescription } from '../../../../ports/cloud/instances.ts';
import { allPages } from '../all-pages.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Access } from '../ec2-connection.ts';
import { pageLength } from '../ec2-limits.ts';
import { instanceDescriptionOf } from './instance-description.ts';

/** With what more can be asked by. */
export interface TypedInstance extends InstanceDescription {
  readonly instanceType: string;
  readonly notices: readonly InstanceNotice[];
}

/** An instance that is on its way out is none that could be backed up. */
const livingStates = ['pending', 'running', 'stopping', 'stopped'];

/** @throws UNKNOWN_INSTANCE */
export async function describeInstance(
  access: Ec2Access,
  instanceId: InstanceId,
): Promise<TypedInstance> {
  // An id that EC2 cannot even read is refused by it with an error, and is unknown all the same.
  const [instance] = await listInstances(access, [
    { Name: 'instance-id', Values: [instanceId] },
    { Name: 'instance-state-name', Values: livingStates },
  ]);
  if (instance === undefined) throw unknownInstance(access.region, instanceId);
  const volumes = await listVolumes(access, [
    { Name: 'attachment.instance-id', Values: [instanceId] },
  ]);
  return {
    notices: [],
    ...instanceDescriptionOf(access.region, instance, volumes),
    instanceType: instance.InstanceType ?? '',
  };
}

/** All instances of the region that can be backed up; workers of this program are none. */
export async function listLivingInstances(
  access: Ec2Access,
  isWorker: (instance: Instance) => boolean,
): Promise<readonly InstanceDescription[]> {
  const instances = await listInstances(access, [
    { Name: 'instance-state-name', Values: livingStates },
  ]);
  const volumes = await listVolumes(access, []);
  return instances
    .filter((instance) => !isWorker(instance))
    .map((instance) => instanceDescriptionOf(access.region, instance, volumes))
    .sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
}

export function listInstances(
  access: Ec2Access,
  filters: readonly Filter[],
): Promise<readonly Instance[]> {
  return allPages(async (nextToken) => {
    const { Reservations = [], NextToken } = await callEc2(
      access,
      { operation: 'DescribeInstances', region: access.region, repetition: 'safe' },
      (client, options) =>
        client.send(
          new DescribeInstancesCommand({
            Filters: [...filters],
            MaxResults: pageLength,
            NextToken: nextToken,
          }),
          options,
        ),
    );
    const items = Reservations.flatMap(({ Instances = [] }) => Instances);
    return { items, nextToken: NextToken };
  });
}

export function listVolumes(
  access: Ec2Access,
  filters: readonly Filter[],
): Promise<readonly Volume[]> {
  return allPages(async (nextToken) => {
    const { Volumes = [], NextToken } = await callEc2(
      access,
      { operation: 'DescribeVolumes', region: access.region, repetition: 'safe' },
      (client, options) =>
        client.send(
          new DescribeVolumesCommand({
            Filters: [...filters],
            MaxResults: pageLength,
            NextToken: nextToken,
          }),
          options,
        ),
    );
    return { items: Volumes, nextToken: NextToken };
  });
}

export function unknownInstance(
  region: Region,
  instanceId: InstanceId,
  cause?: unknown,
): SnapledgerError {
  return new SnapledgerError(
    'UNKNOWN_INSTANCE',
    `there is no instance '${instanceId}' in ${region}`,
    {
      cause,
      remedy: "'snapledger instance list' shows those that there are.",
      details: { instanceId },
    },
  );
}
