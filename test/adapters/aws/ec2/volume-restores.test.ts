import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { encryptionOfDevices } from '../../../../src/adapters/aws/ec2/instances/encryption-of-devices.ts';
import { bytesPerGib } from '../../../../src/adapters/aws/ec2/ec2-limits.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type {
  DeviceName,
  InstanceId,
  SessionId,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import type { VolumePlace } from '../../../../src/domain/restore-session/volume-place.ts';
import { performReconciliation } from '../../../../src/engine/reconcile/perform-reconciliation.ts';
import type { ResourceOwner } from '../../../../src/ports/cloud/resource-owner.ts';
import type { RestoreSource, VolumeRestores } from '../../../../src/ports/cloud/volume-restores.ts';
import type { FinishedImage, ImageWriter } from '../../../../src/ports/image-target.ts';
import { restoredBlock } from '../../../support/aws/ec2/restored-block.ts';
import type { FakeVolume } from '../../../support/aws/ec2/ec2-resources.ts';
import {
  type Ec2Fixture,
  fastLimits,
  homeRegion,
  openEc2Fixture,
} from '../../../support/aws/ec2/ec2-fixture.ts';

const device = '/dev/xvda' as DeviceName;
const keyId = 'arn:aws:kms:eu-test-1:111122223333:key/0123';
const data = new Uint8Array(blockSizeBytes).fill(7);
const denied = { kind: 'error', status: 403, code: 'UnauthorizedOperation' } as const;

describe('volumes of EC2 that restores make', () => {
  let fixture: Ec2Fixture;
  let restores: VolumeRestores;
  let instanceId: InstanceId;
  let owner: ResourceOwner;

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    Object.assign(fixture.ec2.world.timing, { visibleAfterMs: 0, writableAfterMs: 0 });
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    owner = { sessionId: systemRandom.uuid() as SessionId, instanceId };
    const { volumeRestores } = fixture.cloud;
    assert.ok(volumeRestores !== null);
    restores = volumeRestores;
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const placeOf = (other: Partial<VolumePlace> = {}): VolumePlace => ({
    region: homeRegion,
    availabilityZone: `${homeRegion}a`,
    volumeType: 'gp3',
    keyId: null,
    ...other,
  });
  const sourceOf = (isEncrypted: boolean): RestoreSource => ({
    configuration: { volumes: [{ device, isEncrypted }] },
    unencrypted: 'refuse',
  });
  const volume = {
    volumeId: 'vol-0123' as VolumeId,
    device,
    sizeBytes: 4 * blockSizeBytes,
    signal: new AbortController().signal,
  };
  const begin = async (place = placeOf(), source = sourceOf(false)): Promise<ImageWriter> =>
    await restores.target(owner, place, source).open(volume);
  const write = async (writer: ImageWriter): Promise<FinishedImage> => {
    await writer.write(0, data);
    return await writer.finish([]);
  };
  const volumeOf = ({ resourceId = '' }: FinishedImage): FakeVolume =>
    fixture.ec2.world.volumes.require(resourceId);
  const restored = async (): Promise<FakeVolume> => {
    return volumeOf(await write(await begin()));
  };
  const attach = (one: FakeVolume): void => {
    one.attachment = { instanceId, device: '/dev/sdz', attachedAtMs: 0 };
  };
  const calls = (operation: string): number => fixture.aws.faults.calls(operation);
  const snapshotsLeft = (): readonly string[] =>
    fixture.ec2.world.snapshots.all().map(({ id }) => id);

  describe('when they are removed', () => {
    it('are never detached from what their user has attached them to', async () => {
      const one = await restored();
      attach(one);

      assert.equal(
        await restores.remove(homeRegion, { type: 'volume', resourceId: one.id }),
        'in-use',
      );

      assert.equal(one.deletedAtMs, null);
      assert.notEqual(one.attachment, null);
      assert.equal(calls('DetachVolume'), 0);
      assert.equal(calls('DeleteVolume'), 0);
    });

    it('stay when they are attached between the look and the removal', async () => {
      const one = await restored();
      const inUse = { kind: 'error', status: 400, code: 'VolumeInUse' } as const;
      fixture.aws.faults.arm('DeleteVolume', inUse);
      const removing = restores.remove(homeRegion, { type: 'volume', resourceId: one.id });
      const look = setInterval(() => {
        if (calls('DeleteVolume') > 0) attach(one);
      }, 1);
      try {
        assert.equal(await removing, 'in-use');
      } finally {
        clearInterval(look);
      }
      assert.equal(one.deletedAtMs, null);
      assert.equal(calls('DetachVolume'), 0);
    });

    it('stay when that happens to what a reconciliation has planned to remove', async () => {
      const one = await restored();
      const [remnant] = await restores.find(homeRegion, owner);
      assert.ok(remnant !== undefined);
      attach(one);

      const [done] = await performReconciliation(
        fixture.cloud,
        [
          {
            item: { kind: 'restore', remnant },
            decision: { action: 'remove', reason: 'session-ended' },
          },
        ],
        new AbortController().signal,
      );

      assert.deepEqual(done?.decision, { action: 'keep', reason: 'in-use' });
      assert.equal(one.deletedAtMs, null);
    });

    it('go when nothing uses them, and are gone the second time', async () => {
      const one = await restored();
      const remnant = { type: 'volume', resourceId: one.id } as const;
      assert.equal(await restores.remove(homeRegion, remnant), 'removed');
      assert.notEqual(one.deletedAtMs, null);
      assert.equal(await restores.remove(homeRegion, remnant), 'removed');
    });
  });

  describe('at the end', () => {
    it('stay although the snapshot that they were made of cannot be removed, which is said', async () => {
      const writer = await begin();
      fixture.aws.faults.arm('DeleteSnapshot', denied, Infinity);

      const finished = await write(writer);

      const [snapshotId = 'none'] = snapshotsLeft();
      const { location } = finished;
      const one = volumeOf(finished);
      assert.equal(one.deletedAtMs, null);
      assert.match(location, new RegExp(`${snapshotId} could not be removed, CLOUD_ACCESS_DENIED`));
      assert.match(location, /snapledger reconcile --region/);
    });

    it('are there although the reply that completes their snapshot was lost', async () => {
      const writer = await begin();
      fixture.aws.faults.arm('CompleteSnapshot', { kind: 'reply-lost' });
      const one = volumeOf(await write(writer));
      assert.deepEqual([...(one.written ?? [])], [[0, data]]);
      assert.deepEqual(snapshotsLeft(), []);
    });

    it('are waited for only as long as nobody stops that', async () => {
      fixture.ec2.world.timing.snapshotMs = 60_000;
      const stop = new AbortController();
      const writer = await restores
        .target(owner, placeOf(), sourceOf(false))
        .open({ ...volume, signal: stop.signal });
      const reason = new Error('enough');
      const writing = write(writer);
      const stopped = assert.rejects(writing, reason);
      await setTimeout(50);
      stop.abort(reason);
      await stopped;
      await writer.abort();
      assert.deepEqual(snapshotsLeft(), []);
    });

    it('are removed although EC2 shows them late, counted from when they were made', async () => {
      const appearanceMs = 300;
      const { volumeRestores } = fixture.reopen({ limits: { ...fastLimits, appearanceMs } });
      assert.ok(volumeRestores !== null);
      const writer = await volumeRestores.target(owner, placeOf(), sourceOf(false)).open(volume);
      await writer.write(0, data);
      // The upload takes longer than anything may be late.
      await setTimeout(appearanceMs + 50);
      fixture.ec2.world.timing.visibleAfterMs = 150;
      fixture.aws.faults.arm('DescribeVolumes', denied);
      await assert.rejects(writer.finish([]), { code: 'CLOUD_ACCESS_DENIED' });
      await writer.abort();
      const left = fixture.ec2.world.volumes.all().filter(({ written }) => written !== undefined);
      assert.deepEqual(
        left.map(({ deletedAtMs }) => deletedAtMs === null),
        [false],
      );
    });
  });

  describe('of a source that was encrypted', () => {
    const check = (place: VolumePlace, source: RestoreSource): Promise<void> =>
      restores.target(owner, place, source).check([volume]);

    it('are refused without a key, before anything is made', async () => {
      await assert.rejects(check(placeOf(), sourceOf(true)), {
        code: 'INVALID_ARGUMENT',
        remedy: /--key.*--unencrypted/,
      });
    });

    it('are made with a key, or when that is accepted', async () => {
      await check(placeOf({ keyId }), sourceOf(true));
      await check(placeOf(), { ...sourceOf(true), unencrypted: 'accept' });
      await check(placeOf(), sourceOf(false));
    });

    it('are known by what the instance was described as', async () => {
      const one = fixture.ec2.world.volumes.all().find(({ attachment }) => attachment !== null);
      assert.ok(one !== undefined);
      for (const isEncrypted of [true, false]) {
        one.isEncrypted = isEncrypted;
        const { configuration } = await fixture.cloud.instances.describe(instanceId);
        const expected = isEncrypted ? 'encrypted' : 'in-clear';
        assert.deepEqual([...encryptionOfDevices(configuration)], [[device, expected]]);
      }
    });
  });

  describe('have, of what the point does not have,', () => {
    const cases = [
      ['zeros when they are encrypted and the source was not', false, keyId, [0, 1, 2]],
      ['nothing when both are encrypted', true, keyId, [0]],
      ['nothing when they are in clear', false, null, [0]],
    ] as const;
    for (const [what, isEncrypted, key, expected] of cases) {
      it(what, async () => {
        const writer = await begin(placeOf({ keyId: key }), sourceOf(isEncrypted));
        await writer.write(0, data);
        const [offsetBytes, lengthBytes] = [blockSizeBytes, 2 * blockSizeBytes];
        await writer.passed?.({ offsetBytes, lengthBytes, content: 'absent' });
        const one = volumeOf(await writer.finish([]));
        assert.deepEqual([...(one.written ?? new Map()).keys()], expected);
        // What its user reads where the source read as zeros: not what EBS makes up.
        if (!isEncrypted) assert.deepEqual(restoredBlock(one, 1), new Uint8Array(blockSizeBytes));
      });
    }
  });

  it('are of a type that needs nothing more, and takes their size', async () => {
    const cases = [
      ['io2', 1, /'io2' are not made/],
      ['st1', 124, /124 GiB, a volume of type st1 from 125/],
      ['st1', 125, null],
      ['standard', 1_025, /from 1 to 1024/],
      ['gp2', 1, null],
    ] as const;
    for (const [volumeType, sizeGib, message] of cases) {
      const sized = { ...volume, sizeBytes: sizeGib * bytesPerGib };
      const checked = restores
        .target(owner, placeOf({ volumeType }), sourceOf(false))
        .check([sized]);
      if (message === null) await checked;
      else await assert.rejects(checked, { code: 'INVALID_ARGUMENT', message });
    }
  });
});
