import fc from 'fast-check';
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
} from '../../../../src/domain/identifiers.ts';
import type {
  DescribedVolume,
  ResourceDescription,
  SnapshotSetDescription,
} from '../../../../src/adapters/aws/tags/resource-description.ts';

/** Objects as the code itself makes them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const hexId = (prefix: string): fc.Arbitrary<string> =>
  fc
    .bigInt({ min: 0n, max: 16n ** 17n - 1n })
    .map((digits) => `${prefix}-${digits.toString(16).padStart(17, '0')}`);

const owner = record({
  sessionId: fc.uuid().map((id) => id as SessionId),
  instanceId: hexId('i').map((id) => id as InstanceId),
});
const requestedAt = fc.nat({ max: 2 ** 45 }).map((ms) => ms as TimestampMs);

const volumes: fc.Arbitrary<readonly DescribedVolume[]> = fc.uniqueArray(
  record({
    volumeId: hexId('vol').map((id) => id as VolumeId),
    device: fc.constantFrom('/dev/xvda', '/dev/sdf', '/dev/sdg').map((name) => name as DeviceName),
    sizeBytes: fc.nat({ max: 65_536 }).map((gib) => gib * 2 ** 30),
  }),
  { minLength: 1, maxLength: 40, selector: ({ volumeId }) => volumeId },
);

/** Plain JSON, as it is after it was read: `-0` is no JSON. */
const configuration = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 8,
    noNullPrototype: true,
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>);

export const snapshotSets: fc.Arbitrary<SnapshotSetDescription> = record({
  kind: fc.constant('snapshot-set' as const),
  owner,
  requestedAt,
  setId: fc.uuid().map((id) => id as SnapshotSetId),
  region: fc.constantFrom('eu-central-1', 'us-east-1').map((name) => name as Region),
  policyId: fc.option(fc.string({ minLength: 1, maxLength: 40 }).map((id) => id as PolicyId)),
  volumes,
  configuration,
});

/** Any resource that tags can describe. */
export const describedResources: fc.Arbitrary<ResourceDescription> = fc.oneof(
  snapshotSets,
  record({
    kind: fc.constant('replica' as const),
    owner,
    requestedAt,
    replicaSetId: fc.uuid().map((id) => id as ReplicaSetId),
    region: fc.constantFrom('eu-west-1', 'us-east-1').map((name) => name as Region),
    keyId: fc.option(fc.constant('arn:aws:kms:eu-west-1:111122223333:key/abcd')),
    account: fc.constantFrom(
      null,
      { roleArn: 'arn:aws:iam::222233334444:role/snapledger-copies', externalId: null },
      { roleArn: 'arn:aws:iam::222233334444:role/snapledger-copies', externalId: 'nightly' },
    ),
    sourceSnapshotId: hexId('snap').map((id) => id as SnapshotId),
    volumeId: hexId('vol').map((id) => id as VolumeId),
    source: snapshotSets,
  }),
  record({
    kind: fc.constantFrom('temporary-volume' as const, 'restored-volume' as const),
    owner,
    snapshotId: hexId('snap').map((id) => id as SnapshotId),
  }),
  record({
    kind: fc.constantFrom('worker' as const, 'restore-snapshot' as const, 'restore-image' as const),
    owner,
  }),
  record({
    kind: fc.constant('restored-instance' as const),
    owner,
    snapshotIds: fc.array(
      hexId('snap').map((id) => id as SnapshotId),
      { maxLength: 40 },
    ),
  }),
);
