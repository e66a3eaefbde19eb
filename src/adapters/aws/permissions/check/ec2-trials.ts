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
  DescribeInstanceTypesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  RegisterImageCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { usualMachine, type WorkerMachine } from '../../../../domain/policy/worker-policy.ts';
import { workerLaunchRequest } from '../../ec2/workers/launch-worker.ts';
import { dryRun, marked } from './dry-run.ts';
import { type Trial, type TrialOutcome, type TrialWorld, untried } from './trial.ts';

/** By the name of the command; each asks EC2 for a dry run, which has no effect. */
export const ec2Trials: Readonly<Record<string, Trial>> = {
  DescribeInstances: (world) =>
    atHome(world, 'DescribeInstances', (client, options) =>
      client.send(new DescribeInstancesCommand({ DryRun: true }), options),
    ),
  DescribeSnapshots: (world) =>
    atHome(world, 'DescribeSnapshots', (client, options) =>
      client.send(new DescribeSnapshotsCommand({ DryRun: true, OwnerIds: ['self'] }), options),
    ),
  DescribeVolumes: (world) =>
    atHome(world, 'DescribeVolumes', (client, options) =>
      client.send(new DescribeVolumesCommand({ DryRun: true }), options),
    ),
  DescribeImages: (world) =>
    atHome(world, 'DescribeImages', (client, options) =>
      client.send(new DescribeImagesCommand({ DryRun: true, Owners: ['self'] }), options),
    ),
  RegisterImage: (world) => {
    const { snapshotId: SnapshotId } = world.samples;
    if (SnapshotId === null) return none('snapshot');
    const RootDeviceName = '/dev/xvda';
    return atHome(world, 'RegisterImage', (client, options) =>
      client.send(
        new RegisterImageCommand({
          DryRun: true,
          Name: 'snapledger-restore-trial',
          RootDeviceName,
          BlockDeviceMappings: [{ DeviceName: RootDeviceName, Ebs: { SnapshotId } }],
          TagSpecifications: marked(world.connection, 'image'),
        }),
        options,
      ),
    );
  },
  DeregisterImage: (world) => {
    const { imageId: ImageId } = world.samples;
    if (ImageId === null) return none('image of a restore');
    return atHome(world, 'DeregisterImage', (client, options) =>
      client.send(new DeregisterImageCommand({ DryRun: true, ImageId }), options),
    );
  },
  DescribeInstanceTypes: (world) =>
    atHome(world, 'DescribeInstanceTypes', (client, options) =>
      client.send(new DescribeInstanceTypesCommand({ DryRun: true }), options),
    ),
  CreateSnapshots: (world) => {
    const { instanceId: InstanceId } = world.samples;
    if (InstanceId === null) return none('instance');
    const TagSpecifications = marked(world.connection, 'snapshot');
    const InstanceSpecification = { InstanceId };
    return atHome(world, 'CreateSnapshots', (client, options) =>
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
    const TagSpecifications = marked(world.connection, 'snapshot');
    return atHome(world, 'CopySnapshot', (client, options) =>
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
    return atHome(world, 'DeleteSnapshot', (client, options) =>
      client.send(new DeleteSnapshotCommand({ DryRun: true, SnapshotId }), options),
    );
  },
  CreateVolume: (world) => {
    if (world.worker === null) return noWorkers();
    const { availabilityZone: AvailabilityZone } = world.worker;
    const TagSpecifications = marked(world.connection, 'volume');
    return atHome(world, 'CreateVolume', (client, options) =>
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
    return atHome(world, 'AttachVolume', (client, options) =>
      client.send(
        new AttachVolumeCommand({ DryRun: true, VolumeId, InstanceId, Device: '/dev/sdf' }),
        options,
      ),
    );
  },
  DetachVolume: (world) => {
    const { volumeId: VolumeId } = world.samples;
    if (VolumeId === null) return none('volume of a worker');
    return atHome(world, 'DetachVolume', (client, options) =>
      client.send(new DetachVolumeCommand({ DryRun: true, VolumeId }), options),
    );
  },
  DeleteVolume: (world) => {
    const { volumeId: VolumeId } = world.samples;
    if (VolumeId === null) return none('volume of a worker');
    return atHome(world, 'DeleteVolume', (client, options) =>
      client.send(new DeleteVolumeCommand({ DryRun: true, VolumeId }), options),
    );
  },
  RunInstances: (world) => {
    if (world.worker === null) return noWorkers();
    return tryLaunch(world, world.worker, usualMachine);
  },
  TerminateInstances: (world) => {
    const { workerId } = world.samples;
    if (workerId === null) return none('worker');
    return atHome(world, 'TerminateInstances', (client, options) =>
      client.send(
        new TerminateInstancesCommand({ DryRun: true, InstanceIds: [workerId] }),
        options,
      ),
    );
  },
};

/** A dry run of launching a worker on such a machine. */
export function tryLaunch(
  world: TrialWorld,
  worker: NonNullable<TrialWorld['worker']>,
  machine: WorkerMachine,
): Promise<TrialOutcome> {
  const request = workerLaunchRequest(worker, {
    TagSpecifications: marked(world.connection, 'instance'),
    script: Buffer.from('#!/bin/sh\n'),
    machine,
  });
  return atHome(world, 'RunInstances', (client, options) =>
    client.send(new RunInstancesCommand({ ...request, DryRun: true }), options),
  );
}

function atHome(
  { connection }: TrialWorld,
  operation: string,
  send: Parameters<typeof dryRun>[2],
): Promise<TrialOutcome> {
  return dryRun(connection, { operation, region: connection.region }, send);
}

function none(what: string): Promise<TrialOutcome> {
  return Promise.resolve(untried(`there is no ${what} yet to try it on`));
}

function noWorkers(): Promise<TrialOutcome> {
  return Promise.resolve(untried('no workers are set up'));
}
