import {
  AttachVolumeCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DetachVolumeCommand,
  type EC2Client,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { sealTagName } from '../../tags/tag-name.ts';
import type { SendOptions } from '../../ec2/call-ec2.ts';
import { dryRun } from './dry-run.ts';
import { type Trial, type TrialOutcome, type TrialWorld, untried } from './trial.ts';

/** Of what restores to original places take; each asks EC2 for a dry run, which has no effect. */
export const originalTrials: Readonly<Record<string, Trial>> = {
  StopInstances: ofInstance(
    'StopInstances',
    (InstanceId) => (client, options) =>
      client.send(new StopInstancesCommand({ DryRun: true, InstanceIds: [InstanceId] }), options),
  ),
  StartInstances: ofInstance(
    'StartInstances',
    (InstanceId) => (client, options) =>
      client.send(new StartInstancesCommand({ DryRun: true, InstanceIds: [InstanceId] }), options),
  ),
  ModifyInstanceAttribute: ofInstance(
    'ModifyInstanceAttribute',
    (InstanceId) => (client, options) =>
      client.send(
        new ModifyInstanceAttributeCommand({
          DryRun: true,
          InstanceId,
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true } }],
        }),
        options,
      ),
  ),
  AttachVolume: ofMarked(
    'AttachVolume',
    (VolumeId, InstanceId) => (client, options) =>
      client.send(
        new AttachVolumeCommand({ DryRun: true, VolumeId, InstanceId, Device: '/dev/sdf' }),
        options,
      ),
  ),
  DetachVolume: ofMarked(
    'DetachVolume',
    (VolumeId, InstanceId) => (client, options) =>
      client.send(new DetachVolumeCommand({ DryRun: true, VolumeId, InstanceId }), options),
  ),
  CreateTags: (world) => {
    const { ownVolumeId } = world.samples;
    if (ownVolumeId === null) return none('volume of an instance');
    const Tags = [{ Key: markOf(world), Value: '' }];
    return asked(world, 'CreateTags', (client, options) =>
      client.send(new CreateTagsCommand({ DryRun: true, Resources: [ownVolumeId], Tags }), options),
    );
  },
  DeleteTags: (world) => {
    const { volumeId } = world.samples;
    if (volumeId === null) return none('volume with the mark');
    const Tags = [{ Key: markOf(world) }];
    return asked(world, 'DeleteTags', (client, options) =>
      client.send(new DeleteTagsCommand({ DryRun: true, Resources: [volumeId], Tags }), options),
    );
  },
};

type Send = (client: EC2Client, options: SendOptions) => Promise<unknown>;

function ofInstance(operation: string, sendOf: (instanceId: string) => Send): Trial {
  return (world) => {
    const { instanceId } = world.samples;
    return instanceId === null ? none('instance') : asked(world, operation, sendOf(instanceId));
  };
}

/** A volume with the mark, and an instance without it. */
function ofMarked(
  operation: string,
  sendOf: (volumeId: string, instanceId: string) => Send,
): Trial {
  return (world) => {
    const { volumeId, instanceId } = world.samples;
    if (instanceId === null) return none('instance');
    if (volumeId === null) return none('volume with the mark');
    return asked(world, operation, sendOf(volumeId, instanceId));
  };
}

function asked({ connection }: TrialWorld, operation: string, send: Send): Promise<TrialOutcome> {
  return dryRun(connection, { operation, region: connection.region }, send);
}

function markOf({ connection }: TrialWorld): string {
  return sealTagName(connection.keys, { kind: 'mark' });
}

function none(what: string): Promise<TrialOutcome> {
  return Promise.resolve(untried(`there is no ${what} yet to try it on`));
}
