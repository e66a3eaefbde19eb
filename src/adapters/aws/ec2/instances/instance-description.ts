import type { Instance, Tag, Volume } from '@aws-sdk/client-ec2';
import type { DeviceName, InstanceId, Region, VolumeId } from '../../../../domain/identifiers.ts';
import type { InstanceNotice } from '../../../../domain/instance/instance-notice.ts';
import type { InstanceDescription, InstanceVolume } from '../../../../ports/cloud/instances.ts';
import { bytesPerGib } from '../ec2-limits.ts';
import { attachmentsOf } from '../volumes/trusted-volumes.ts';

type Json = Readonly<Record<string, unknown>>;

/** An instance as the port tells it. Instance store volumes are no EBS volumes and not among its. */
export function instanceDescriptionOf(
  region: Region,
  instance: Instance,
  volumes: readonly Volume[],
): InstanceDescription {
  const { InstanceId: instanceId = '', RootDeviceName } = instance;
  const attached = volumes.flatMap((volume) => {
    const place = volume.Attachments?.find((one) => one.InstanceId === instanceId);
    return place?.Device === undefined ? [] : [{ volume, device: place.Device }];
  });
  return {
    instanceId: instanceId as InstanceId,
    region,
    tags: tagMapOf(instance.Tags),
    volumes: attached
      .map(({ volume, device }): InstanceVolume => {
        const { VolumeId: volumeId = '', Size = 0, Tags } = volume;
        return {
          volumeId: volumeId as VolumeId,
          device: device as DeviceName,
          sizeBytes: Size * bytesPerGib,
          role: device === RootDeviceName ? 'root' : 'data',
          tags: tagMapOf(Tags),
        };
      })
      .sort((a, b) => (a.device < b.device ? -1 : 1)),
    notices: attached.flatMap(({ volume, device }) => sharedVolume(volume, device)),
    productCodes: (instance.ProductCodes ?? [])
      .filter(({ ProductCodeType }) => ProductCodeType === 'marketplace')
      .map(({ ProductCodeId = '' }) => ProductCodeId),
    configuration: configurationOf(instance, attached),
  };
}

function sharedVolume(volume: Volume, device: string): readonly InstanceNotice[] {
  const { VolumeId: volumeId = '' } = volume;
  const attachments = attachmentsOf(volume);
  if (attachments.length < 2) return [];
  return [
    {
      kind: 'multi-attach',
      volumeId: volumeId as VolumeId,
      device: device as DeviceName,
      instanceIds: attachments.map(({ InstanceId = '' }) => InstanceId as InstanceId).toSorted(),
    },
  ];
}

/** What launching the same instance again needs; only what EC2 has told, as plain JSON. */
function configurationOf(
  instance: Instance,
  attached: readonly { readonly volume: Volume; readonly device: string }[],
): Json {
  const { MetadataOptions: metadata } = instance;
  return known({
    imageId: instance.ImageId,
    instanceType: instance.InstanceType,
    architecture: instance.Architecture,
    platform: instance.PlatformDetails,
    bootMode: instance.BootMode,
    availabilityZone: instance.Placement?.AvailabilityZone,
    tenancy: instance.Placement?.Tenancy,
    vpcId: instance.VpcId,
    subnetId: instance.SubnetId,
    privateIpAddress: instance.PrivateIpAddress,
    securityGroupIds: instance.SecurityGroups?.map(({ GroupId }) => GroupId),
    keyName: instance.KeyName,
    instanceProfileArn: instance.IamInstanceProfile?.Arn,
    rootDevice: instance.RootDeviceName,
    ebsOptimized: instance.EbsOptimized,
    enaSupport: instance.EnaSupport,
    sourceDestCheck: instance.SourceDestCheck,
    monitoring: instance.Monitoring?.State,
    metadataOptions:
      metadata &&
      known({
        httpTokens: metadata.HttpTokens,
        httpEndpoint: metadata.HttpEndpoint,
        httpPutResponseHopLimit: metadata.HttpPutResponseHopLimit,
        instanceMetadataTags: metadata.InstanceMetadataTags,
      }),
    tags: tagMapOf(instance.Tags),
    volumes: attached.map(({ volume, device }) =>
      known({
        device,
        volumeType: volume.VolumeType,
        iops: volume.Iops,
        throughput: volume.Throughput,
        isEncrypted: volume.Encrypted,
        keyId: volume.KmsKeyId,
        deleteOnTermination: volume.Attachments?.find((one) => one.Device === device)
          ?.DeleteOnTermination,
      }),
    ),
  });
}

function known(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function tagMapOf(tags: readonly Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}
