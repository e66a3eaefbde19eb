import type { Instance, Volume } from '@aws-sdk/client-ec2';
import type { DeviceName, InstanceId, VolumeId } from '../../../../domain/identifiers.ts';
import type { OriginalVolume, OriginalInstance } from '../../../../ports/cloud/volume-exchanges.ts';
import type { Ec2Access } from '../ec2-connection.ts';
import { listInstances, listVolumes, unknownInstance } from '../instances/describe-instances.ts';
import { attachmentsOf } from '../volumes/trusted-volumes.ts';

/** EC2 itself puts it on the instances of such a group, and nobody else can. */
const scalingGroupTag = 'aws:autoscaling:groupName';

/** @throws UNKNOWN_INSTANCE also for one that is being terminated */
export async function lookAtOriginal(
  access: Ec2Access,
  instanceId: InstanceId,
): Promise<OriginalInstance> {
  const instance = await requireInstance(access, instanceId);
  const filter = { Name: 'attachment.instance-id', Values: [instanceId] };
  const volumes = await listVolumes(access, [filter]);
  return {
    instanceId,
    region: access.region,
    availabilityZone: instance.Placement?.AvailabilityZone ?? '',
    state: stateOf(instance),
    volumes: volumes.flatMap((volume) => attachedTo(instanceId, volume)),
    obstacle: obstacleOf(instance),
  };
}

/** @throws UNKNOWN_INSTANCE */
export async function requireInstance(
  access: Ec2Access,
  instanceId: InstanceId,
): Promise<Instance> {
  const filter = { Name: 'instance-id', Values: [instanceId] };
  const [instance] = await listInstances(access, [filter]);
  const name = instance?.State?.Name;
  if (instance === undefined || name === 'shutting-down' || name === 'terminated') {
    throw unknownInstance(access.region, instanceId);
  }
  return instance;
}

function stateOf({ State }: Instance): OriginalInstance['state'] {
  const name = State?.Name;
  return name === 'running' || name === 'stopped' ? name : 'changing';
}

function attachedTo(instanceId: InstanceId, volume: Volume): readonly OriginalVolume[] {
  const attachments = attachmentsOf(volume);
  const here = attachments.find((one) => one.InstanceId === instanceId);
  if (here?.Device === undefined) return [];
  const { VolumeId: volumeId = '', VolumeType: volumeType = '', KmsKeyId, Encrypted } = volume;
  const { Iops: iops = null, Throughput: throughput = null } = volume;
  return [
    {
      device: here.Device as DeviceName,
      volumeId: volumeId as VolumeId,
      onTermination: here.DeleteOnTermination === true ? 'delete' : 'keep',
      volumeType,
      performance: { iops, throughput },
      keyId: Encrypted === true ? (KmsKeyId ?? null) : null,
      sharedWith: attachments
        .filter((one) => one !== here)
        .map(({ InstanceId = '' }) => InstanceId as InstanceId),
    },
  ];
}

function obstacleOf({ Tags = [], InstanceLifecycle }: Instance): string | null {
  const group = Tags.find(({ Key }) => Key === scalingGroupTag);
  if (group !== undefined) {
    return `it is of the Auto Scaling group ${group.Value ?? ''}, which replaces what is stopped`;
  }
  return InstanceLifecycle === 'spot'
    ? 'it is a spot instance, which EC2 ends or stops itself'
    : null;
}
