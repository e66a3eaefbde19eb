import { createHash } from 'node:crypto';
import {
  type EbsBlockDevice,
  type HttpTokensState,
  type Instance,
  type InstanceMetadataEndpointState,
  type InstanceMetadataOptionsRequest,
  type InstanceMetadataTagsState,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { LaunchedVolume, LaunchSnapshot } from '../../../../ports/cloud/instance-restores.ts';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import type { Tag } from '../../tags/seal-tags.ts';
import { tagLimits } from '../../tags/tag-limits.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { listInstances } from '../instances/describe-instances.ts';
import { pollUntil } from '../poll-until.ts';
import { tagSpecificationOf, tokenRequest } from '../request-tags.ts';
import type { Ec2Launch } from './plan-launch.ts';
import type { LaunchVolume } from './plan-volumes.ts';
import { type Fields, numberIn, textIn } from './recorded-launch.ts';
import { restoredMark } from './restored-mark.ts';

export interface RestoredInstanceRequest {
  readonly owner: ResourceOwner;
  readonly imageId: string;
  readonly snapshots: readonly LaunchSnapshot[];
  /** It exists from here on. */
  readonly onCreated: (instanceId: InstanceId) => void;
  readonly signal: AbortSignal;
}

/**
 * Launches the instance, and waits until it runs.
 *
 * @throws CLOUD_REFUSED when it ends instead, TIMED_OUT, LIMIT_EXCEEDED, INVALID_ARGUMENT
 */
export async function runRestored(
  connection: Ec2Connection,
  launch: Ec2Launch,
  request: RestoredInstanceRequest,
): Promise<{ readonly instanceId: InstanceId; readonly volumes: readonly LaunchedVolume[] }> {
  const { region } = connection;
  const input = launchRequest(connection, launch, request);
  const { Instances: [launched] = [] } = await callEc2(
    connection,
    // The token is ours, so that a request that is made again is the same one.
    { operation: 'RunInstances', region, repetition: 'safe', signal: request.signal },
    (client, options) => client.send(new RunInstancesCommand(input), options),
  );
  const instanceId = (launched?.InstanceId ?? '') as InstanceId;
  request.onCreated(instanceId);
  const running = await pollUntil(
    connection,
    `instance ${instanceId} running`,
    async () => runningOf(instanceId, await findInstance(connection, instanceId), launch),
    request.signal,
  );
  return { instanceId, volumes: running };
}

/** Its volumes, once it runs and has them all. */
function runningOf(
  instanceId: InstanceId,
  instance: Instance | null,
  { volumes }: Ec2Launch,
): readonly LaunchedVolume[] | null {
  const state = instance?.State?.Name;
  if (state === 'terminated' || state === 'shutting-down' || state === 'stopped') {
    const why = instance?.StateReason?.Message ?? 'EC2 does not say why';
    throw new SnapledgerError(
      'CLOUD_REFUSED',
      `instance ${instanceId} does not run, but is ${state}: ${why}`,
      { remedy: 'When a key encrypts its volumes, see that it can be used; then restore again.' },
    );
  }
  if (state !== 'running') return null;
  const attached = new Map(
    (instance?.BlockDeviceMappings ?? []).map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.VolumeId]),
  );
  const launched = volumes.flatMap(({ source, device }): readonly LaunchedVolume[] => {
    const volumeId = attached.get(device);
    return volumeId === undefined ? [] : [{ device: source, volumeId: volumeId as VolumeId }];
  });
  return launched.length === volumes.length ? launched : null;
}

async function findInstance(
  connection: Ec2Connection,
  instanceId: InstanceId,
): Promise<Instance | null> {
  const filters = [{ Name: 'instance-id', Values: [instanceId] }];
  const [instance] = await listInstances(connection, filters);
  return instance ?? null;
}

/**
 * Refuses a launch with more tags than EC2 takes before anything is written. How many tags say of which
 * snapshots it is depends on these a little, so that the launch itself looks again.
 *
 * @throws INVALID_ARGUMENT
 */
export function checkTagCount(
  connection: Ec2Connection,
  launch: Ec2Launch,
  owner: ResourceOwner,
): void {
  const snapshots = launch.volumes.map(({ source: device }): LaunchSnapshot => {
    const digits = createHash('sha256').update(device).digest('hex').slice(0, 17);
    return { device, snapshotId: `snap-${digits}` as SnapshotId };
  });
  launchRequest(connection, launch, { owner, imageId: '', snapshots });
}

/** What EC2 is asked for. */
function launchRequest(
  { keys }: Ec2Connection,
  launch: Ec2Launch,
  { owner, imageId, snapshots }: Pick<RestoredInstanceRequest, 'owner' | 'imageId' | 'snapshots'>,
): RunInstancesCommandInput {
  const snapshotIds = snapshots.map(({ snapshotId }) => snapshotId);
  const description = { kind: 'restored-instance', owner, snapshotIds } as const;
  const { ClientToken, tags } = tokenRequest(keys, `${owner.sessionId}-instance`, description);
  const snapshotOf = new Map(snapshots.map(({ device, snapshotId }) => [device, snapshotId]));
  const { instanceProfile, metadataOptions } = launch;
  return {
    ClientToken,
    MinCount: 1,
    MaxCount: 1,
    ImageId: imageId,
    InstanceType: launch.instanceType as Instance['InstanceType'],
    SubnetId: launch.subnetId,
    ...(launch.privateIpAddress === null ? {} : { PrivateIpAddress: launch.privateIpAddress }),
    SecurityGroupIds: [...launch.securityGroupIds],
    ...(launch.keyName === null ? {} : { KeyName: launch.keyName }),
    ...(instanceProfile === null
      ? {}
      : {
          IamInstanceProfile: instanceProfile.startsWith('arn:')
            ? { Arn: instanceProfile }
            : { Name: instanceProfile },
        }),
    ...(launch.ebsOptimized === null ? {} : { EbsOptimized: launch.ebsOptimized }),
    ...(launch.tenancy === null || launch.tenancy === 'default'
      ? {}
      : { Placement: { Tenancy: launch.tenancy as 'dedicated' } }),
    Monitoring: { Enabled: launch.monitoring === 'detailed' },
    ...metadataOf(metadataOptions),
    BlockDeviceMappings: launch.volumes.map((volume) => ({
      DeviceName: volume.device,
      Ebs: ebsOf(volume, launch, snapshotOf.get(volume.source)),
    })),
    TagSpecifications: [
      tagSpecificationOf('instance', instanceTags(launch, owner, tags)),
      tagSpecificationOf('volume', tags),
    ],
  };
}

/** As EC2 wants them in a request: it describes them by the same names. */
function metadataOf(recorded: Fields): Pick<RunInstancesCommandInput, 'MetadataOptions'> {
  const [tokens, endpoint] = [textIn(recorded, 'httpTokens'), textIn(recorded, 'httpEndpoint')];
  const hops = numberIn(recorded, 'httpPutResponseHopLimit');
  const tags = textIn(recorded, 'instanceMetadataTags');
  // How an endpoint answers is not taken for one that does not.
  if (endpoint === 'disabled') return { MetadataOptions: { HttpEndpoint: 'disabled' } };
  const MetadataOptions: InstanceMetadataOptionsRequest = {
    ...(tokens === null ? {} : { HttpTokens: tokens as HttpTokensState }),
    ...(endpoint === null ? {} : { HttpEndpoint: endpoint as InstanceMetadataEndpointState }),
    ...(hops === null ? {} : { HttpPutResponseHopLimit: hops }),
    ...(tags === null ? {} : { InstanceMetadataTags: tags as InstanceMetadataTagsState }),
  };
  return Object.keys(MetadataOptions).length === 0 ? {} : { MetadataOptions };
}

/** EC2 takes the snapshot of the root from the image, and no other. */
function ebsOf(
  { device, sizeGib, volumeType, iops, throughput, deleteOnTermination }: LaunchVolume,
  { rootDevice, keyId }: Ec2Launch,
  snapshotId: string | undefined,
): EbsBlockDevice {
  return {
    ...(device === rootDevice || snapshotId === undefined ? {} : { SnapshotId: snapshotId }),
    ...(sizeGib === null ? {} : { VolumeSize: sizeGib }),
    VolumeType: volumeType as 'gp3',
    ...(iops === null ? {} : { Iops: iops }),
    ...(throughput === null ? {} : { Throughput: throughput }),
    ...(keyId === null ? {} : { Encrypted: true, KmsKeyId: keyId }),
    DeleteOnTermination: deleteOnTermination,
  };
}

/** @throws INVALID_ARGUMENT when there are more than EC2 takes */
function instanceTags(
  { tags }: Ec2Launch,
  { sessionId }: ResourceOwner,
  own: readonly Tag[],
): readonly Tag[] {
  const users = Object.entries(tags).map(([name, value]) => ({ name, value }));
  const all = [...own, { name: restoredMark, value: sessionId }, ...users];
  if (all.length <= tagLimits.tagsMax) return all;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the instance would have ${all.length} tags, and EC2 takes ${tagLimits.tagsMax}; ${all.length - users.length} are snapledger's`,
    { remedy: "Leave the recorded ones out ('--without-tags'), and name those that it needs." },
  );
}
