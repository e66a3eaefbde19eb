import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { hasErrorCode } from '../../src/domain/errors/snapledger-error.ts';
import type { ErrorCode } from '../../src/domain/errors/error-code.ts';
import type {
  BlockIndex,
  DeviceName,
  InstanceId,
  PolicyId,
  Region,
  ReplicaSetId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  VolumeId,
  WorkerId,
} from '../../src/domain/identifiers.ts';
import type { ReplicaTarget } from '../../src/domain/policy/replica-target.ts';
import type { Cloud } from '../../src/ports/cloud/cloud.ts';
import type { InstanceDescription } from '../../src/ports/cloud/instances.ts';
import type { ReplicaDescription } from '../../src/ports/cloud/replicas.ts';
import type { SnapshotDescription } from '../../src/ports/cloud/snapshots.ts';
import { usualMachine } from '../../src/domain/policy/worker-policy.ts';

/** A cloud, and what the suite needs to do that is not in the port. */
export interface CloudUnderTest {
  readonly cloud: Cloud;
  /** The smallest disk that an instance of this cloud can have: at least 16 blocks. */
  readonly diskSizeBytes: number;
  /** An instance with empty disks; the first is its root. */
  makeInstance(
    disks: readonly { readonly device: string; readonly sizeBytes: number }[],
  ): Promise<InstanceId>;
  /** Writes to a disk of the instance, as its guest would, durably. */
  writeDisk(
    instanceId: InstanceId,
    device: string,
    offset: number,
    bytes: Uint8Array,
  ): Promise<void>;
  /** User data for a worker that waits for ever, and for one that ends at once. */
  readonly userData: { readonly wait: Uint8Array; readonly end: Uint8Array };
  /** What a worker reads from a volume that is attached to it. */
  readAttached(
    workerId: WorkerId,
    volumeId: VolumeId,
    range: { readonly offset: number; readonly lengthBytes: number },
  ): Promise<Uint8Array>;
  /** A region to which snapshots can be copied. */
  readonly otherRegion: Region;
  /** What a completed copy of a snapshot holds. */
  readReplica(
    replica: ReplicaDescription,
    range: { readonly offset: number; readonly lengthBytes: number },
  ): Promise<Uint8Array>;
  /** A fresh UUID. */
  uuid(): string;
  /** How long a snapshot or a worker may take to get where it has to. */
  readonly patienceMs: number;
  dispose(): Promise<void>;
}

/** Everything that src/ports/cloud promises, and every cloud has to keep. */
export function cloudConformance(name: string, factory: () => Promise<CloudUnderTest>): void {
  describe(`${name} is a cloud`, () => {
    let world: CloudUnderTest;
    let cloud: Cloud;
    let sessionId: SessionId;

    beforeEach(async () => {
      world = await factory();
      cloud = world.cloud;
      sessionId = world.uuid() as SessionId;
    });
    afterEach(() => world.dispose());

    const makeInstance = async (
      disks = [{ device: '/dev/xvda', sizeBytes: world.diskSizeBytes }],
    ): Promise<InstanceDescription> => cloud.instances.describe(await world.makeInstance(disks));

    const writeBlock = (instance: InstanceDescription, index: number, value: number) =>
      world.writeDisk(
        instance.instanceId,
        '/dev/xvda',
        index * blockSizeBytes,
        new Uint8Array(blockSizeBytes).fill(value),
      );

    const snapshot = async (
      instance: InstanceDescription,
    ): Promise<readonly SnapshotDescription[]> => {
      const { instanceId, volumes, configuration } = instance;
      const setId = world.uuid() as SnapshotSetId;
      const owner = { sessionId, instanceId };
      const begun = await cloud.snapshots.createSet({
        setId,
        owner,
        instanceId,
        volumes,
        policyId: 'nightly' as PolicyId,
        volumeTags: 'leave',
        configuration,
      });
      const ids = begun.map(({ snapshotId }) => snapshotId);
      return until(world.patienceMs, async () => {
        const now = await cloud.snapshots.describe(ids);
        return now.every(({ state }) => state === 'completed') ? now : null;
      });
    };

    const snapshotRoot = async (instance: InstanceDescription): Promise<SnapshotDescription> =>
      first(await snapshot(instance));

    const launch = (userData: Uint8Array, clientToken = world.uuid()) =>
      cloud.workers.launch({
        owner: { sessionId, instanceId: 'any' as InstanceId },
        clientToken,
        userData,
        machine: usualMachine,
      });

    const untilState = (workerId: WorkerId, state: 'running' | 'gone') =>
      until(world.patienceMs, async () => {
        const worker = await cloud.workers.describe(workerId);
        if (state === 'gone' && worker === null) return 'forgotten' as const;
        return worker?.state === state ? worker : null;
      });

    describe('instances', () => {
      it('are described with their volumes in the order of their devices, one of them root', async () => {
        const instance = await makeInstance([
          { device: '/dev/xvdb', sizeBytes: world.diskSizeBytes },
          { device: '/dev/xvda', sizeBytes: 2 * world.diskSizeBytes },
        ]);

        assert.equal(instance.region, cloud.region);
        assert.deepEqual(
          instance.volumes.map(({ device, sizeBytes, role }) => ({ device, sizeBytes, role })),
          [
            { device: '/dev/xvda', sizeBytes: 2 * world.diskSizeBytes, role: 'data' },
            { device: '/dev/xvdb', sizeBytes: world.diskSizeBytes, role: 'root' },
          ],
        );
        assert.deepEqual(
          JSON.parse(JSON.stringify(instance.configuration)),
          instance.configuration,
        );
      });

      it('are listed in the order of their ids', async () => {
        const made = [await makeInstance(), await makeInstance()].map((one) => one.instanceId);

        const { instances, unreadable } = await cloud.instances.readable();
        const listed = instances.map((one) => one.instanceId);

        assert.deepEqual(
          listed.filter((one) => made.includes(one)),
          made.toSorted(),
        );
        assert.deepEqual(unreadable, []);
      });

      it('that do not exist are unknown', async () => {
        await rejectsWith('UNKNOWN_INSTANCE', cloud.instances.describe('i-0' as InstanceId));
      });
    });

    describe('snapshots', () => {
      it('of one set carry its id and owner, and are found by both', async () => {
        const instance = await makeInstance([
          { device: '/dev/xvda', sizeBytes: world.diskSizeBytes },
          { device: '/dev/xvdb', sizeBytes: world.diskSizeBytes },
        ]);

        const taken = await snapshot(instance);

        assert.deepEqual(
          taken.map(({ device }) => device).toSorted(),
          instance.volumes.map(({ device }) => device),
        );
        assert.equal(new Set(taken.map(({ setId }) => setId)).size, 1);
        for (const { owner } of taken) {
          assert.deepEqual(owner, { sessionId, instanceId: instance.instanceId });
        }
        assert.deepEqual(idsOf(await cloud.snapshots.find({ sessionId })), idsOf(taken));
        assert.deepEqual(idsOf(await cloud.snapshots.listOf(instance.instanceId)), idsOf(taken));
        assert.deepEqual(await cloud.snapshots.find({ sessionId: world.uuid() as SessionId }), []);
      });

      it('are listed oldest first', async () => {
        const instance = await makeInstance();
        const older = await snapshotRoot(instance);
        await sleep(5);
        const newer = await snapshotRoot(instance);

        const listed = await cloud.snapshots.listOf(instance.instanceId);

        assert.deepEqual(
          listed.map(({ snapshotId }) => snapshotId),
          [older.snapshotId, newer.snapshotId],
        );
      });

      it('are gone once deleted, which may be done twice', async () => {
        const instance = await makeInstance();
        const [kept, removed] = [await snapshotRoot(instance), await snapshotRoot(instance)];

        await cloud.snapshots.delete(removed.snapshotId);
        await cloud.snapshots.delete(removed.snapshotId);

        const left = await cloud.snapshots.describe([kept.snapshotId, removed.snapshotId]);
        assert.deepEqual(idsOf(left), [kept.snapshotId]);
        await rejectsWith(
          'SNAPSHOT_NOT_FOUND',
          collect(cloud.changedBlocks.listSnapshotBlocks(removed.snapshotId)),
        );
      });

      it('are not taken of what does not exist', async () => {
        const { instanceId, volumes } = await makeInstance();
        const request = {
          setId: world.uuid() as SnapshotSetId,
          owner: { sessionId, instanceId },
          policyId: null,
          volumeTags: 'leave' as const,
          configuration: {},
        };
        const missing = [{ volumeId: 'vol-0' as VolumeId, device: '/dev/xvda' as DeviceName }];

        await rejectsWith(
          'UNKNOWN_INSTANCE',
          cloud.snapshots.createSet({ ...request, instanceId: 'i-0' as InstanceId, volumes }),
        );
        await rejectsWith(
          'VOLUME_NOT_FOUND',
          cloud.snapshots.createSet({ ...request, instanceId, volumes: missing }),
        );
        assert.deepEqual(await cloud.snapshots.find({ sessionId }), []);
      });
    });

    describe('copies in another region', () => {
      const target = (): ReplicaTarget => ({
        region: world.otherRegion,
        keyId: null,
        account: null,
      });
      const copy = (source: SnapshotDescription): Promise<ReplicaDescription> =>
        cloud.replicas.copy({
          replicaSetId: world.uuid() as ReplicaSetId,
          owner: source.owner,
          target: target(),
          sourceSnapshotId: source.snapshotId,
        });
      const completed = ({ snapshotId }: ReplicaDescription): Promise<ReplicaDescription> =>
        until(world.patienceMs, async () => {
          const [now] = await cloud.replicas.describe(world.otherRegion, [snapshotId]);
          return now?.state === 'completed' ? now : null;
        });

      it('hold what the snapshot held, also after it is deleted', async () => {
        const instance = await makeInstance();
        await writeBlock(instance, 3, 7);
        const source = await snapshotRoot(instance);
        await writeBlock(instance, 3, 8);

        const replica = await completed(await copy(source));
        await cloud.snapshots.delete(source.snapshotId);

        const range = { offset: 3 * blockSizeBytes, lengthBytes: 4096 };
        const bytes = await world.readReplica(await completed(replica), range);
        assert.deepEqual(Buffer.from(bytes), Buffer.alloc(4096, 7));
        const before = { offset: 2 * blockSizeBytes, lengthBytes: 4096 };
        assert.deepEqual(
          Buffer.from(await world.readReplica(replica, before)),
          Buffer.alloc(4096, 0),
        );
      });

      it('carry source, set, target and owner, and are found by it in that region alone', async () => {
        const source = await snapshotRoot(await makeInstance());

        const { startedAt, state, ...replica } = await completed(await copy(source));

        const { snapshotId, replicaSetId } = replica;
        assert.ok(startedAt >= source.startedAt);
        assert.notEqual(snapshotId, source.snapshotId);
        assert.deepEqual(replica, {
          snapshotId,
          replicaSetId,
          owner: source.owner,
          target: target(),
          sourceSnapshotId: source.snapshotId,
          volumeId: source.volumeId,
          device: source.device,
          sizeBytes: source.sizeBytes,
          stateMessage: '',
        });
        assert.deepEqual(await cloud.replicas.find(world.otherRegion, { sessionId }), [
          { ...replica, startedAt, state },
        ]);
        const other = world.uuid() as SessionId;
        assert.deepEqual(await cloud.replicas.find(world.otherRegion, { sessionId: other }), []);
        assert.deepEqual(idsOf(await cloud.snapshots.find({ sessionId })), [source.snapshotId]);
        await rejectsWith(
          'SNAPSHOT_NOT_FOUND',
          collect(cloud.changedBlocks.listSnapshotBlocks(snapshotId)),
        );
      });

      it('are gone once deleted, which may be done twice, and leave their source', async () => {
        const source = await snapshotRoot(await makeInstance());
        const [kept, removed] = [await copy(source), await copy(source)];
        assert.notEqual(kept.snapshotId, removed.snapshotId);

        await cloud.replicas.delete(world.otherRegion, removed.snapshotId);
        await cloud.replicas.delete(world.otherRegion, removed.snapshotId);

        const found = await cloud.replicas.find(world.otherRegion, { sessionId });
        assert.deepEqual(
          found.map(({ snapshotId }) => snapshotId),
          [kept.snapshotId],
        );
        assert.equal((await cloud.snapshots.find({ sessionId })).length, 1);
      });

      it('are not made of a snapshot that does not exist, and none is found where none is', async () => {
        const missing = 'snap-00000000000000000' as SnapshotId;
        const owner = { sessionId, instanceId: 'any' as InstanceId };
        const replicaSetId = world.uuid() as ReplicaSetId;

        await rejectsWith(
          'SNAPSHOT_NOT_FOUND',
          cloud.replicas.copy({
            replicaSetId,
            owner,
            target: target(),
            sourceSnapshotId: missing,
          }),
        );
        assert.deepEqual(await cloud.replicas.find(world.otherRegion, { sessionId }), []);
        assert.deepEqual(await cloud.replicas.describe(world.otherRegion, [missing]), []);
        await cloud.replicas.delete(world.otherRegion, missing);
      });

      it('are not made in a region that cannot be', async () => {
        const source = await snapshotRoot(await makeInstance());
        const region = '../elsewhere' as Region;

        await rejectsWith(
          'INVALID_ARGUMENT',
          cloud.replicas.copy({
            replicaSetId: world.uuid() as ReplicaSetId,
            owner: source.owner,
            target: { region, keyId: null, account: null },
            sourceSnapshotId: source.snapshotId,
          }),
        );
      });
    });

    describe('the blocks of a snapshot', () => {
      const open = async ({ snapshotId, sizeBytes }: SnapshotDescription) =>
        cloud.snapshotBlocks.open(snapshotId, sizeBytes);

      it('are those of its moment, and zeros where nothing was ever written', async () => {
        const instance = await makeInstance();
        await writeBlock(instance, 2, 1);
        await writeBlock(instance, 5, 2);
        const taken = await snapshotRoot(instance);
        await writeBlock(instance, 5, 3);
        const into = new Uint8Array(4 * blockSizeBytes);

        const source = await open(taken);
        await source.read(2 as BlockIndex, 4, into);
        await source.close();

        assert.equal(source.sizeBytes, taken.sizeBytes);
        const firstBytes = [0, 1, 2, 3].map((n) => into[n * blockSizeBytes]);
        assert.deepEqual(firstBytes, [1, 0, 0, 2]);
        assert.equal(into.at(-1), 2);
      });

      it('are not there once it is deleted', async () => {
        const instance = await makeInstance();
        await writeBlock(instance, 2, 1);
        const taken = await snapshotRoot(instance);
        await cloud.snapshots.delete(taken.snapshotId);

        await assert.rejects(
          async () => {
            const source = await open(taken);
            await source.read(2 as BlockIndex, 1, new Uint8Array(blockSizeBytes));
          },
          (error) => hasErrorCode(error, 'SNAPSHOT_NOT_FOUND', 'DISK_UNREADABLE'),
        );
      });
    });

    describe('changed blocks', () => {
      it('are exactly those that differ', async () => {
        const instance = await makeInstance();
        await writeBlock(instance, 2, 1);
        await writeBlock(instance, 5, 1);
        const before = await snapshotRoot(instance);
        await writeBlock(instance, 5, 2);
        await writeBlock(instance, 9, 3);

        const after = await snapshotRoot(instance);

        assert.deepEqual(
          await collect(cloud.changedBlocks.listSnapshotBlocks(before.snapshotId)),
          [2, 5],
        );
        assert.deepEqual(
          await collect(cloud.changedBlocks.listChangedBlocks(before.snapshotId, after.snapshotId)),
          [present(5), present(9)],
        );
      });

      it('include a block that was overwritten with zeros, which is not absent', async () => {
        const instance = await makeInstance();
        await writeBlock(instance, 3, 1);
        const before = await snapshotRoot(instance);
        await writeBlock(instance, 3, 0);

        const after = await snapshotRoot(instance);

        assert.deepEqual(
          await collect(cloud.changedBlocks.listChangedBlocks(before.snapshotId, after.snapshotId)),
          [present(3)],
        );
        assert.deepEqual(
          await collect(cloud.changedBlocks.listSnapshotBlocks(after.snapshotId)),
          [3],
        );
      });

      it('are not told of snapshots of different volumes', async () => {
        const [one, other] = [
          await snapshotRoot(await makeInstance()),
          await snapshotRoot(await makeInstance()),
        ];

        await rejectsWith(
          'SNAPSHOTS_UNRELATED',
          collect(cloud.changedBlocks.listChangedBlocks(one.snapshotId, other.snapshotId)),
        );
      });
    });

    describe('temporary volumes', () => {
      it('show a worker the snapshot, whatever happened to the disk since', async () => {
        const instance = await makeInstance();
        await writeBlock(instance, 1, 7);
        const { snapshotId } = await snapshotRoot(instance);
        await writeBlock(instance, 1, 8);
        const { workerId } = await launch(world.userData.wait);
        await untilState(workerId, 'running');

        const volume = await cloud.volumes.create({
          snapshotId,
          owner: { sessionId, instanceId: instance.instanceId },
          clientToken: world.uuid(),
        });
        assert.equal(volume.attachedTo, null);
        await cloud.volumes.attach(volume.volumeId, workerId);
        await cloud.volumes.attach(volume.volumeId, workerId);

        const range = { offset: blockSizeBytes, lengthBytes: 4096 };
        assert.deepEqual(
          Buffer.from(await world.readAttached(workerId, volume.volumeId, range)),
          Buffer.alloc(4096, 7),
        );
        assert.deepEqual(await cloud.volumes.find({ sessionId }), [
          { ...volume, attachedTo: workerId },
        ]);

        await cloud.volumes.delete(volume.volumeId);
        await cloud.volumes.delete(volume.volumeId);
        assert.deepEqual(await cloud.volumes.find({ sessionId }), []);
      });

      it('are made once for a client token', async () => {
        const { snapshotId, owner } = await snapshotRoot(await makeInstance());
        const request = { snapshotId, owner, clientToken: world.uuid() };

        const made = await Promise.all([1, 2, 3].map(() => cloud.volumes.create(request)));

        assert.equal(new Set(made.map(({ volumeId }) => volumeId)).size, 1);
        assert.equal((await cloud.volumes.find({ sessionId })).length, 1);
        await cloud.volumes.delete(first(made).volumeId);
      });

      it('are neither made of a snapshot nor attached to a worker that does not exist', async () => {
        const { snapshotId, owner } = await snapshotRoot(await makeInstance());
        const { volumeId } = await cloud.volumes.create({
          snapshotId,
          owner,
          clientToken: world.uuid(),
        });

        await rejectsWith(
          'SNAPSHOT_NOT_FOUND',
          cloud.volumes.create({
            snapshotId: 'snap-00000000000000000' as SnapshotId,
            owner,
            clientToken: world.uuid(),
          }),
        );
        await rejectsWith('WORKER_NOT_FOUND', cloud.volumes.attach(volumeId, 'w-0' as WorkerId));
        await cloud.volumes.delete(volumeId);
      });
    });

    describe('workers', () => {
      it('are launched once for a client token', async () => {
        const token = world.uuid();

        const launched = await Promise.all([1, 2, 3].map(() => launch(world.userData.wait, token)));

        assert.equal(new Set(launched.map(({ workerId }) => workerId)).size, 1);
        assert.equal((await cloud.workers.find({ sessionId })).length, 1);
        await cloud.workers.terminate(first(launched).workerId);
      });

      it('are gone once terminated, which may be done twice', async () => {
        const { workerId } = await launch(world.userData.wait);
        await untilState(workerId, 'running');

        await cloud.workers.terminate(workerId);
        await cloud.workers.terminate(workerId);

        const after = await cloud.workers.describe(workerId);
        assert.ok(after === null || after.state === 'gone');
      });

      it('end themselves', async () => {
        const { workerId } = await launch(world.userData.end);

        await untilState(workerId, 'gone');

        await cloud.workers.terminate(workerId);
      });

      it('that were never launched are unknown', async () => {
        assert.equal(await cloud.workers.describe('worker-0' as WorkerId), null);
        assert.deepEqual(await cloud.workers.find({ sessionId }), []);
      });
    });
  });
}

function present(index: number): { readonly index: BlockIndex; readonly state: 'present' } {
  return { index: index as BlockIndex, state: 'present' };
}

function idsOf(snapshots: readonly SnapshotDescription[]): readonly SnapshotId[] {
  return snapshots.map(({ snapshotId }) => snapshotId).toSorted();
}

function first<T>(list: readonly T[]): T {
  const [value] = list;
  assert.ok(value !== undefined);
  return value;
}

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  return (await Array.fromAsync(pages)).flat();
}

async function rejectsWith(code: ErrorCode, outcome: Promise<unknown>): Promise<void> {
  await assert.rejects(outcome, (error) => hasErrorCode(error, code));
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

async function until<T>(patienceMs: number, look: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    assert.ok(performance.now() < end, `not there after ${patienceMs} ms`);
    await sleep(20);
  }
}
