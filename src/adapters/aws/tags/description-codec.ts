import { Packr } from 'msgpackr';
import type {
  DeviceName,
  InstanceId,
  PolicyId,
  Region,
  ReplicaSetId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../../domain/identifiers.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';
import {
  asMap,
  countField,
  DescriptionError,
  listField,
  mapField,
  nullableTextField,
  textField,
  textListField,
} from './description-fields.ts';
import type {
  DescribedVolume,
  ResourceDescription,
  ResourceKind,
  SnapshotSetDescription,
} from './resource-description.ts';
import { tagLimits } from './tag-limits.ts';

/** Every option that changes the bytes or the types stated: plain maps, arrays, texts, numbers. */
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  moreTypes: false,
  structuredClone: false,
  bundleStrings: false,
  encodeUndefinedAsNil: false,
  int64AsType: 'number',
});

type Fields = Readonly<Record<string, unknown>>;

/** The description without its kind, which stands in the head. */
export function encodeDescription(resource: ResourceDescription): Uint8Array {
  // A copy: msgpackr gives a view of a buffer that it goes on to use.
  return new Uint8Array(packr.pack(fieldsOf(resource)));
}

function fieldsOf(resource: ResourceDescription): Fields {
  const { owner } = resource;
  switch (resource.kind) {
    case 'snapshot-set': {
      const { requestedAt, setId, region, policyId, volumes } = resource;
      // As text: the names in it are the user's, and not every name survives as one of a map.
      const configuration = JSON.stringify(resource.configuration);
      return { owner, requestedAt, setId, region, policyId, volumes, configuration };
    }
    case 'replica': {
      const { requestedAt, replicaSetId, region, keyId, sourceSnapshotId, volumeId } = resource;
      const { account } = resource;
      const source = fieldsOf(resource.source);
      return {
        owner,
        requestedAt,
        replicaSetId,
        region,
        keyId,
        // Left out where there is none, as by those who knew of none.
        ...(account === null ? {} : { account }),
        sourceSnapshotId,
        volumeId,
        source,
      };
    }
    case 'temporary-volume':
    case 'restored-volume':
      return { owner, snapshotId: resource.snapshotId };
    case 'restored-instance':
      return { owner, snapshotIds: resource.snapshotIds };
    case 'kept-volume':
      return { owner, volumeId: resource.volumeId, device: resource.device };
    case 'restore-snapshot':
    case 'restore-image':
    case 'worker':
      return { owner };
  }
}

/** @throws DescriptionError when the bytes do not describe a resource of this kind */
export function decodeDescription(kind: ResourceKind, bytes: Uint8Array): ResourceDescription {
  const fields = unpack(bytes);
  const owner = ownerOf(mapField(fields, 'owner'));
  switch (kind) {
    case 'snapshot-set':
      return snapshotSetOf(fields);
    case 'replica':
      return {
        kind,
        owner,
        requestedAt: countField(fields, 'requestedAt') as TimestampMs,
        replicaSetId: textField(fields, 'replicaSetId') as ReplicaSetId,
        region: textField(fields, 'region') as Region,
        keyId: nullableTextField(fields, 'keyId'),
        account: 'account' in fields ? accountOf(mapField(fields, 'account')) : null,
        sourceSnapshotId: textField(fields, 'sourceSnapshotId') as SnapshotId,
        volumeId: textField(fields, 'volumeId') as VolumeId,
        source: snapshotSetOf(mapField(fields, 'source')),
      };
    case 'temporary-volume':
    case 'restored-volume':
      return {
        kind,
        owner,
        snapshotId: textField(fields, 'snapshotId') as SnapshotId,
      };
    case 'restored-instance': {
      const snapshotIds = textListField(fields, 'snapshotIds', tagLimits.volumesMax);
      return { kind, owner, snapshotIds: snapshotIds as readonly SnapshotId[] };
    }
    case 'kept-volume':
      return {
        kind,
        owner,
        volumeId: textField(fields, 'volumeId') as VolumeId,
        device: textField(fields, 'device') as DeviceName,
      };
    case 'restore-snapshot':
    case 'restore-image':
    case 'worker':
      return { kind, owner };
  }
}

function snapshotSetOf(fields: Fields): SnapshotSetDescription {
  return {
    kind: 'snapshot-set',
    owner: ownerOf(mapField(fields, 'owner')),
    requestedAt: countField(fields, 'requestedAt') as TimestampMs,
    setId: textField(fields, 'setId') as SnapshotSetId,
    region: textField(fields, 'region') as Region,
    policyId: nullableTextField(fields, 'policyId') as PolicyId | null,
    volumes: listField(fields, 'volumes', tagLimits.volumesMax).map(volumeOf),
    configuration: asMap(parseJson(textField(fields, 'configuration')), 'configuration'),
  };
}

function volumeOf(value: unknown): DescribedVolume {
  const fields = asMap(value, 'a volume');
  return {
    volumeId: textField(fields, 'volumeId') as VolumeId,
    device: textField(fields, 'device') as DeviceName,
    sizeBytes: countField(fields, 'sizeBytes'),
  };
}

function ownerOf(fields: Fields): ResourceOwner {
  return {
    sessionId: textField(fields, 'sessionId') as SessionId,
    instanceId: textField(fields, 'instanceId') as InstanceId,
  };
}

function accountOf(fields: Fields): AccountRole {
  return {
    roleArn: textField(fields, 'roleArn'),
    externalId: nullableTextField(fields, 'externalId'),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DescriptionError('configuration is not JSON', { cause });
  }
}

function unpack(bytes: Uint8Array): Fields {
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch (cause) {
    throw new DescriptionError('the description is not msgpack', { cause });
  }
  return asMap(value, 'the description');
}
