import {
  AttachVolumeCommand,
  CopySnapshotCommand,
  CreateSnapshotsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  type EC2Client,
  type ResourceType,
  RegisterImageCommand,
  RunInstancesCommand,
  type TagSpecification,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import { callEc2, type SendOptions } from '../../ec2/call-ec2.ts';
import { awsCodeOf } from '../../ec2/ec2-error.ts';
import { workerLaunchRequest } from '../../ec2/workers/launch-worker.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { type Trial, type TrialOutcome, type TrialWorld, untried } from './trial.ts';

/** By the name of the command; each asks EC2 for a dry run, which has no effect. */
export const ec2Trials: Readonly<Record<string, Trial>> = {
  DescribeInstances: (world) =>
    dryRun(world, 'DescribeInstances', (client, options) =>
      client.send(new DescribeInstancesCommand({ DryRun: true }), options),
    ),
  DescribeSnapshots: (world) =>
    dryRun(world, 'DescribeSnapshots', (client, options) =>
      client.send(new DescribeSnapshotsCommand({ DryRun: true, OwnerIds: ['self'] }), options),
    ),
  DescribeVolumes: (world) =>
    dryRun(world, 'DescribeVolumes', (client, options) =>
      client.send(new DescribeVolumesCommand({ DryRun: true }), options),
    ),
  DescribeImages: (world) =>
    dryRun(world, 'DescribeImages', (client, options) =>
      client.send(new DescribeImagesCommand({ DryRun: true, Owners: ['self'] }), options),
    ),
  RegisterImage: (world) => {
    const { snapshotId: SnapshotId } = world.samples;
    if (SnapshotId === null) return none('snapshot');
    const RootDeviceName = '/dev/xvda';
    return dryRun(world, 'RegisterImage', (client, options) =>
      client.send(
        new RegisterImageCommand({
          DryRun: true,
          Name: 'snapledger-restore-trial',
          RootDeviceName,
          BlockDeviceMappings: [{ DeviceName: RootDeviceName, Ebs: { SnapshotId } }],
          TagSpecifications: marked(world, 'image'),
        }),
        options,
      ),
    );
  },
  DeregisterImage: (world) => {
    const { imageId: ImageId } = world.samples;
    if (ImageId === null) return none('image of a restore');
    return dryRun(world, 'DeregisterImage', (client, options) =>
      client.send(new DeregisterImageCommand({ DryRun: true, ImageId }), options),
    );
  },
  CreateSnapshots: (world) => {
    const { instanceId: InstanceId } = world.samples;
    if (InstanceId === null) return none('instance');
    const TagSpecifications = marked(world, 'snapshot');
    const InstanceSpecification = { InstanceId };
    return dryRun(world, 'CreateSnapshots', (client, options) =>
      client.send(
        new CreateSnapshotsCommand({ DryRun: true, InstanceSpecification, TagSpecifications }),
        options,
      ),
    );
  },
  CopySnapshot: (world) => {
    const { snapshotId: SourceSnapshotId } = world.samples;
    if (SourceSnapshotId === null) return none('snapshot');
    const { region: SourceRegion } = world.connection;
    const TagSpecifications = marked(world, 'snapshot');
    return dryRun(world, 'CopySnapshot', (client, options) =>
      client.send(
        new CopySnapshotCommand({
          DryRun: true,
          SourceRegion,
          SourceSnapshotId,
          TagSpecifications,
        }),
        options,
      ),
    );
  },
  DeleteSnapshot: (world) => {
    const { snapshotId: SnapshotId } = world.samples;
    if (SnapshotId === null) return none('snapshot');
    return dryRun(world, 'DeleteSnapshot', (client, options) =>
      client.send(new DeleteSnapshotCommand({ DryRun: true, SnapshotId }), options),
    );
  },
  CreateVolume: (world) => {
    if (world.worker === null) return noWorkers();
    const { availabilityZone: AvailabilityZone } = world.worker;
    const TagSpecifications = marked(world, 'volume');
    return dryRun(world, 'CreateVolume', (client, options) =>
      client.send(
        new CreateVolumeCommand({
          DryRun: true,
          AvailabilityZone,
          Size: 1,
          VolumeType: 'gp3',
          TagSpecifications,
        }),
        options,
      ),
    );
  },
  AttachVolume: (world) => {
    const { volumeId: VolumeId, workerId: InstanceId } = world.samples;
    if (VolumeId === null || InstanceId === null) return none('volume of a worker');
    return dryRun(world, 'AttachVolume', (client, options) =>
      client.send(
        new AttachVolumeCommand({ DryRun: true, VolumeId, InstanceId, Device: '/dev/sdf' }),
        options,
      ),
    );
  },
  DetachVolume: (world) => {
    const { volumeId: VolumeId } = world.samples;
    if (VolumeId === null) return none('volume of a worker');
    return dryRun(world, 'DetachVolume', (client, options) =>
      client.send(new DetachVolumeCommand({ DryRun: true, VolumeId }), options),
    );
  },
  DeleteVolume: (world) => {
    const { volumeId: VolumeId } = world.samples;
    if (VolumeId === null) return none('volume of a worker');
    return dryRun(world, 'DeleteVolume', (client, options) =>
      client.send(new DeleteVolumeCommand({ DryRun: true, VolumeId }), options),
    );
  },
  RunInstances: (world) => {
    if (world.worker === null) return noWorkers();
    const request = workerLaunchRequest(world.worker, {
      TagSpecifications: marked(world, 'instance'),
      script: Buffer.from('#!/bin/sh\n'),
    });
    return dryRun(world, 'RunInstances', (client, options) =>
      client.send(new RunInstancesCommand({ ...request, DryRun: true }), options),
    );
  },
  TerminateInstances: (world) => {
    const { workerId } = world.samples;
    if (workerId === null) return none('worker');
    return dryRun(world, 'TerminateInstances', (client, options) =>
      client.send(
        new TerminateInstancesCommand({ DryRun: true, InstanceIds: [workerId] }),
        options,
      ),
    );
  },
};

/** EC2 answers a dry run with an error in any case; which one tells. */
async function dryRun(
  { connection }: TrialWorld,
  operation: string,
  send: (client: EC2Client, options: SendOptions) => Promise<unknown>,
): Promise<TrialOutcome> {
  const { region } = connection;
  try {
    await callEc2(connection, { operation, region, repetition: 'safe' }, send);
  } catch (error) {
    if (awsCodeOf(error) === 'DryRunOperation') return { kind: 'allowed' };
    if (hasErrorCode(error, 'CLOUD_ACCESS_DENIED')) return { kind: 'missing', said: error.message };
    if (hasErrorCode(error, 'CLOUD_REFUSED')) return { kind: 'refused', said: error.message };
    throw error;
  }
  // It has done something instead of only saying whether it would: no EC2 that we know.
  return untried('the endpoint knows no dry runs');
}

function marked(
  { connection: { keys } }: TrialWorld,
  ResourceType: ResourceType,
): TagSpecification[] {
  const Key = sealTagName(keys, { kind: 'mark' });
  return [{ ResourceType, Tags: [{ Key, Value: '' }] }];
}

function none(what: string): Promise<TrialOutcome> {
  return Promise.resolve(untried(`there is no ${what} yet to try it on`));
}

function noWorkers(): Promise<TrialOutcome> {
  return Promise.resolve(untried('no workers are set up'));
}
