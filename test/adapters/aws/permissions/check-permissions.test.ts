import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { awsCalls } from '../../../../src/adapters/aws/permissions/aws-calls.ts';
import {
  checkPermissions,
  type PermissionFinding,
} from '../../../../src/adapters/aws/permissions/check/check-permissions.ts';
import { usualMachine } from '../../../../src/domain/policy/worker-policy.ts';
import { openEbs } from '../../../../src/adapters/aws/ebs/ebs-connection.ts';
import { openEc2Access } from '../../../../src/adapters/aws/ec2/ec2-connection.ts';
import { tryTarget } from '../../../../src/adapters/aws/permissions/check/target-trials.ts';
import { deriveTagKeys } from '../../../../src/adapters/aws/tags/tag-keys.ts';
import type { TrialWorld } from '../../../../src/adapters/aws/permissions/check/trial.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { SessionId, SnapshotSetId, TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { AccountRole } from '../../../../src/domain/policy/account-role.ts';
import type { ReplicaTarget } from '../../../../src/domain/policy/replica-target.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import {
  type Ec2Fixture,
  fastLimits,
  homeRegion,
  openEc2Fixture,
  otherAccount,
  otherRegion,
  tagSecret,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import { testCredentials } from '../../../support/aws/fake-aws.ts';
import { FakeBucket } from '../../../support/aws/s3/fake-bucket.ts';
import { openS3StoreOn, quickLimits, testBucket } from '../../../support/aws/s3/s3-store-on.ts';

const worker: TrialWorld['worker'] = {
  imageId: 'ami-0123456789abcdef0',
  instanceType: 'c7g.large',
  subnetId: 'subnet-0123456789abcdef0',
  availabilityZone: `${homeRegion}a`,
  securityGroupIds: ['sg-0123456789abcdef0'],
  instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/w',
};

describe('trying the permissions of the engine (on a fake)', () => {
  let fixture: Ec2Fixture;
  let bucket: FakeBucket;
  let objectStore: ObjectStore & { close(): void };
  before(async () => {
    bucket = new FakeBucket({ name: testBucket, region: homeRegion });
    fixture = await openEc2Fixture({ buckets: [bucket] });
    objectStore = openS3StoreOn(fixture.aws.endpoint);
  });
  after(async () => {
    objectStore.close();
    await fixture[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    fixture.ec2.forbidden.clear();
    fixture.aws.faults.clear();
  });

  const check = (
    other: Partial<Parameters<typeof checkPermissions>[0]> = {},
  ): Promise<readonly PermissionFinding[]> =>
    checkPermissions({
      region: homeRegion,
      access: { endpoint: fixture.aws.endpoint, credentials: testCredentials },
      tagSecret: () => Promise.resolve(tagSecret),
      worker,
      objectStore,
      targets: [],
      machines: [],
      clock: systemClock,
      random: systemRandom,
      ...other,
    });
  const outcomes = (found: readonly PermissionFinding[]): Readonly<Record<string, string>> =>
    Object.fromEntries(found.map(({ action, outcome }) => [action, outcome.kind]));
  const emptyBucket = async (): Promise<void> => {
    for await (const { key } of objectStore.list('')) await objectStore.delete(key);
  };
  const launched = (): number => fixture.ec2.world.instances.all().length;

  it('names each of them once, and what cannot be tried before there is something', async () => {
    const found = await check();

    const needed = awsCalls.filter(
      ({ callers, where, scope }) =>
        callers.includes('engine') &&
        where === undefined &&
        scope.kind !== 'roles' &&
        scope.kind !== 'readers',
    );
    assert.deepEqual(
      found.map(({ action }) => action).toSorted(),
      [...new Set(needed.map(({ action }) => action))].toSorted(),
    );
    const found1 = outcomes(found);
    assert.equal(found1['ec2:RunInstances'], 'allowed');
    assert.equal(found1['s3:PutObject'], 'allowed');
    assert.equal(found1['ec2:CreateSnapshots'], 'untried');
    assert.equal(found1['ec2:DeleteSnapshot'], 'untried');
    assert.ok(!Object.values(found1).includes('missing'));
    assert.equal(outcomes(await check({ worker: null }))['ec2:RunInstances'], 'untried');
  });

  it('tries what restores to original places take when asked to, and changes nothing', async () => {
    const id = await fixture.addInstance([{ device: '/dev/xvda', sizeGib: 1 }]);
    const before = structuredClone(fixture.ec2.world.volumes.all().map(({ tags }) => tags));
    fixture.ec2.forbidden.add('StopInstances');

    const found = (await check({ originals: 'try' })).filter(({ caller }) => caller === 'original');

    const told = outcomes(found);
    assert.equal(told['ec2:StopInstances'], 'missing');
    assert.equal(told['ec2:StartInstances'], 'allowed');
    assert.equal(told['ec2:ModifyInstanceAttribute'], 'allowed');
    assert.equal(told['ec2:CreateTags'], 'allowed');
    assert.equal(told['ec2:DeleteTags'], 'untried');
    assert.equal(told['ec2:AttachVolume'], 'untried');
    assert.deepEqual(
      fixture.ec2.world.volumes.all().map(({ tags }) => tags),
      before,
    );
    assert.equal(fixture.ec2.world.instances.find(id)?.stoppedAtMs, null);
  });

  it('tries those of locks where points are locked, on the header of the repository', async () => {
    const locking = new FakeBucket({ name: testBucket, region: homeRegion, objectLock: 'enabled' });
    await using locked = await openEc2Fixture({ buckets: [locking] });
    const lock = { lockDays: 30 };
    const store = openS3StoreOn(locked.aws.endpoint, quickLimits, { lock });
    const until = (Date.now() + 24 * 60 * 60 * 1000) as TimestampMs;
    const header = 'strata' as ObjectKey;
    await store.create(header, new Uint8Array(), { retainUntil: until });
    const access = { endpoint: locked.aws.endpoint, credentials: testCredentials };

    const allowed = outcomes(await check({ objectStore: store, access }));
    locked.aws.faults.arm('PutObjectRetention', {
      kind: 'error',
      status: 403,
      code: 'AccessDenied',
    });
    const denied = outcomes(await check({ objectStore: store, access }));

    for (const action of ['s3:PutObjectRetention', 's3:ListBucketVersions']) {
      assert.equal(allowed[action], 'allowed', action);
    }
    assert.equal(denied['s3:PutObjectRetention'], 'missing');
    assert.equal(await store.retention?.heldUntil(header), until + 1000);
    store.close();
  });

  it('tries them on what there is, and changes nothing', async () => {
    const id = await fixture.addInstance([{ device: '/dev/xvda', sizeGib: 1 }]);
    const { instanceId, volumes, configuration } = await fixture.cloud.instances.describe(id);
    const sessionId = systemRandom.uuid() as SessionId;
    await fixture.cloud.snapshots.createSet({
      setId: systemRandom.uuid() as SnapshotSetId,
      owner: { sessionId, instanceId: id },
      instanceId,
      volumes,
      policyId: null,
      volumeTags: 'leave',
      configuration,
    });
    await new Promise((resolve) => setTimeout(resolve, fixture.ec2.world.timing.snapshotMs + 50));
    const [instancesBefore, snapshotsBefore] = [
      launched(),
      fixture.ec2.world.snapshots.all().length,
    ];

    const found = outcomes(await check());

    assert.equal(found['ec2:CreateSnapshots'], 'allowed');
    assert.equal(found['ec2:CopySnapshot'], 'allowed');
    assert.equal(found['ec2:DeleteSnapshot'], 'allowed');
    assert.equal(found['ebs:ListSnapshotBlocks'], 'allowed');
    assert.equal(found['ebs:ListChangedBlocks'], 'allowed');
    assert.deepEqual(bucket.keys(), []);
    assert.equal(launched(), instancesBefore);
    assert.equal(fixture.ec2.world.snapshots.all().length, snapshotsBefore);

    const denied = { kind: 'error', status: 403, code: 'AccessDeniedException' } as const;
    fixture.aws.faults.arm('ListChangedBlocks', denied);
    assert.equal(outcomes(await check())['ebs:ListChangedBlocks'], 'missing');
  });

  it('tells what is missing, in the words of EC2 too', async () => {
    fixture.ec2.forbidden.add('RunInstances');
    fixture.ec2.forbidden.add('DescribeVolumes');

    const found = await check();

    const missing = found.filter(({ outcome }) => outcome.kind === 'missing');
    assert.deepEqual(
      missing.map(({ action }) => action),
      ['ec2:DescribeVolumes', 'ec2:RunInstances'],
    );
    for (const { outcome } of missing) {
      assert.match('said' in outcome ? outcome.said : '', /UnauthorizedOperation.*not authorized/);
    }
  });

  it('goes on when not even the instances may be listed', async () => {
    const denied = { kind: 'error', status: 403, code: 'UnauthorizedOperation' } as const;
    fixture.aws.faults.arm('DescribeInstances', denied, Infinity);

    const found = outcomes(await check());

    assert.equal(found['ec2:DescribeInstances'], 'missing');
    assert.equal(found['ec2:CreateSnapshots'], 'untried');
    assert.equal(found['ec2:RunInstances'], 'allowed');
  });

  it('tells a setting that is wrong from a permission that is missing', async () => {
    const unknown = { kind: 'error', status: 400, code: 'InvalidAMIID.NotFound' } as const;
    fixture.aws.faults.arm('RunInstances', unknown);

    const found = (await check()).find(({ action }) => action === 'ec2:RunInstances');

    assert.equal(found?.outcome.kind, 'refused');
  });

  it('tells a quota that is used up, and goes on with the rest', async () => {
    const used = { kind: 'error', status: 400, code: 'VcpuLimitExceeded' } as const;
    fixture.aws.faults.arm('RunInstances', used);

    const found = (await check()).find(({ action }) => action === 'ec2:RunInstances');

    assert.equal(found?.outcome.kind, 'refused');
  });

  describe('with the machines that policies ask for', () => {
    const large = { instanceType: 'c7g.2xlarge', market: 'on-demand' } as const;
    const spot = { instanceType: null, market: 'spot' } as const;
    const ofMachines = (
      found: readonly PermissionFinding[],
    ): readonly (readonly [PermissionFinding['machine'], string])[] =>
      found.flatMap(({ action, machine, outcome }) =>
        machine === null || action !== 'ec2:RunInstances' ? [] : [[machine, outcome.kind] as const],
      );

    it('are launched by dry runs, each once, but for that of the vault', async () => {
      const before = fixture.aws.faults.calls('RunInstances');
      const found = await check({ machines: [large, usualMachine, spot, large] });

      assert.deepEqual(ofMachines(found), [
        [large, 'allowed'],
        [spot, 'allowed'],
      ]);
      assert.equal(fixture.aws.faults.calls('RunInstances'), before + 3, 'with that of the vault');
    });

    it('are refused where EC2 has no such type, and the others are tried all the same', async () => {
      const noType = { kind: 'error', status: 400, code: 'InvalidParameterValue' } as const;
      // That of the vault is asked first.
      fixture.aws.faults.arm('RunInstances', { kind: 'latency', delayMs: 0 });
      fixture.aws.faults.arm('RunInstances', noType);

      const found = await check({ machines: [large, spot] });

      assert.deepEqual(ofMachines(found), [
        [large, 'refused'],
        [spot, 'allowed'],
      ]);
      assert.equal(outcomes(found)['ec2:DescribeVolumes'], 'allowed');
    });

    it('are not tried where no workers are set up', async () => {
      assert.deepEqual(ofMachines(await check({ machines: [large], worker: null })), []);
    });
  });

  describe('in the regions that policies copy to', () => {
    const plain = { region: otherRegion, keyId: null, account: null };
    const keyed = {
      region: otherRegion,
      keyId: 'arn:aws:kms:eu-other-2:111122223333:key/k',
      account: null,
    };
    const elsewhere = async (
      targets: readonly ReplicaTarget[],
    ): Promise<readonly (readonly [string, string])[]> => {
      const found = await check({ targets });
      return found.flatMap(({ action, target, outcome }) =>
        target === null ? [] : [[`${action} ${target.keyId ?? ''}`.trim(), outcome.kind] as const],
      );
    };

    it('are tried there, with each key, each once', async () => {
      assert.deepEqual(await elsewhere([plain, keyed, plain]), [
        ['ec2:DescribeSnapshots', 'allowed'],
        ['ec2:CopySnapshot', 'allowed'],
        ['ec2:DeleteSnapshot', 'untried'],
        [`ec2:DescribeSnapshots ${keyed.keyId}`, 'allowed'],
        [`ec2:CopySnapshot ${keyed.keyId}`, 'allowed'],
        [`ec2:DeleteSnapshot ${keyed.keyId}`, 'untried'],
      ]);
    });

    it('are tried in another account by each role that enters it', async () => {
      const inAccount = (role: AccountRole): ReplicaTarget => ({ ...plain, account: role });
      const untrusted = { ...otherAccount, roleArn: `${otherAccount.roleArn}-too` };

      const found = await check({
        targets: [inAccount(otherAccount), inAccount(untrusted), inAccount(otherAccount)],
      });

      const entries = found.filter(({ action }) => action === 'sts:AssumeRole');
      assert.deepEqual(
        entries.map(({ target, outcome }) => [target?.account, outcome.kind]),
        [
          [otherAccount, 'allowed'],
          [untrusted, 'missing'],
        ],
      );
    });

    it('are missing there alone, and said to be', async () => {
      fixture.ec2.forbidden.add(`CopySnapshot in ${otherRegion}`);

      const found = await check({ targets: [plain] });

      const missing = found.filter(({ outcome }) => outcome.kind === 'missing');
      assert.deepEqual(
        missing.map(({ action, target }) => [action, target]),
        [['ec2:CopySnapshot', plain]],
      );
    });

    it('are a setting that is wrong where EC2 refuses the key', async () => {
      const badKey = { kind: 'error', status: 400, code: 'InvalidParameterValue' } as const;
      // The one at home is asked first.
      fixture.aws.faults.arm('CopySnapshot', { kind: 'latency', delayMs: 0 });
      fixture.aws.faults.arm('CopySnapshot', badKey);
      assert.deepEqual((await elsewhere([keyed]))[1], [
        `ec2:CopySnapshot ${keyed.keyId}`,
        'refused',
      ]);
    });

    it('are a setting that is wrong where the region does not answer, and no more is asked of it', async () => {
      const access = { endpoint: fixture.aws.endpoint, credentials: testCredentials };
      const world = { region: homeRegion, clock: systemClock, random: systemRandom };
      const { close, ...asked } = openEc2Access({ ...world, access, limits: fastLimits });
      const ebs = openEbs({ ...world, ...access });
      const keys = deriveTagKeys(tagSecret);
      const connection = { ...asked, keys, onUntrusted: () => undefined };
      const samples = {
        instanceId: null,
        snapshotId: 'snap-1',
        volumeId: null,
        workerId: null,
        imageId: null,
        ownVolumeId: null,
      };
      fixture.aws.faults.arm('DescribeSnapshots', { kind: 'cut-before' }, Infinity);

      const found = await tryTarget({ connection, worker: null, ebs, samples }, plain);

      close();
      ebs.close();
      assert.equal(found.length, 1);
      const [{ outcome } = assert.fail()] = found;
      assert.match(outcome.kind === 'refused' ? outcome.said : '', /eu-other-2 does not answer/);
    });
  });

  it('tells what the bucket refuses, and of what could then not be tried', async () => {
    fixture.aws.faults.arm('PutObject', { kind: 'error', status: 403, code: 'AccessDenied' });
    const found = outcomes(await check());
    assert.equal(found['s3:PutObject'], 'missing');
    assert.equal(found['s3:GetObject'], 'untried');
    assert.equal(found['s3:ListBucket'], 'allowed');

    fixture.aws.faults.arm('DeleteObject', { kind: 'error', status: 403, code: 'AccessDenied' });
    assert.equal(outcomes(await check())['s3:DeleteObject'], 'missing');
    await emptyBucket();
  });

  it('leaves no object in the bucket when something else goes wrong between', async () => {
    const failing: ObjectStore = {
      create: (...asked) => objectStore.create(...asked),
      get: () => Promise.reject(new SnapledgerError('OBJECT_CORRUPT', 'unreadable')),
      head: (...asked) => objectStore.head(...asked),
      list: (...asked) => objectStore.list(...asked),
      delete: (...asked) => objectStore.delete(...asked),
      retention: null,
    };

    await assert.rejects(check({ objectStore: failing }), /unreadable/);

    assert.deepEqual(bucket.keys(), []);
    const stuck = { ...failing, delete: () => Promise.reject(new Error('not now')) };
    await assert.rejects(check({ objectStore: stuck }), (error) => {
      assert.ok(error instanceof SnapledgerError);
      assert.match(error.remedy ?? '', /may be left of the trial: control\/check-/);
      return true;
    });
    await emptyBucket();
  });

  it('tells of the bucket alone when the repository cannot be opened for want of a permission', async () => {
    const denied = new SnapledgerError('STORE_ACCESS_DENIED', 'header: AccessDenied');

    const found = await check({ tagSecret: () => Promise.reject(denied) });

    const missing = found.filter(({ outcome }) => outcome.kind === 'missing');
    assert.deepEqual(missing, [
      {
        action: 's3:GetObject',
        caller: 'engine',
        purpose: 'read backups',
        target: null,
        machine: null,
        outcome: { kind: 'missing', said: 'header: AccessDenied' },
      },
    ]);
    assert.equal(outcomes(found)['s3:PutObject'], 'allowed');
    assert.equal(outcomes(found)['ec2:RunInstances'], 'untried');
    const wrong = new SnapledgerError('WRONG_PASSPHRASE', 'wrong');
    await assert.rejects(check({ tagSecret: () => Promise.reject(wrong) }), /wrong/);
  });
});
