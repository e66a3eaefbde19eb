import { assert } from '../../domain/errors/assert.ts';
import type { InstanceRestores, SnapshotLaunches } from '../../ports/cloud/instance-restores.ts';
import type { VolumeExchanges } from '../../ports/cloud/volume-exchanges.ts';
import type { Replicas } from '../../ports/cloud/replicas.ts';
import type { SnapshotRestores, VolumeRestores } from '../../ports/cloud/volume-restores.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import type { Region } from '../../domain/identifiers.ts';
import type { Cloud, CloudAccount } from '../../ports/cloud/cloud.ts';

/**
 * A cloud of which only the region and the instances are there at once; the rest is opened when it
 * is first needed, because it needs the keys of the repository.
 */
export function deferredCloud(
  region: Region,
  instances: Cloud['instances'],
  open: () => Promise<Omit<Cloud, 'region' | 'instances'>>,
): Cloud {
  return {
    region,
    instances,
    snapshots: {
      createSet: async (...asked) => (await open()).snapshots.createSet(...asked),
      find: async (owner) => (await open()).snapshots.find(owner),
      listOf: async (instanceId) => (await open()).snapshots.listOf(instanceId),
      describe: async (ids) => (await open()).snapshots.describe(ids),
      delete: async (id) => (await open()).snapshots.delete(id),
    },
    replicas: deferredReplicas(async () => (await open()).replicas),
    changedBlocks: {
      async *listSnapshotBlocks(id) {
        yield* (await open()).changedBlocks.listSnapshotBlocks(id);
      },
      async *listChangedBlocks(first, second) {
        yield* (await open()).changedBlocks.listChangedBlocks(first, second);
      },
    },
    snapshotBlocks: {
      open: async (...asked) => (await open()).snapshotBlocks.open(...asked),
    },
    volumes: {
      create: async (request) => (await open()).volumes.create(request),
      attach: async (...asked) => (await open()).volumes.attach(...asked),
      find: async (owner) => (await open()).volumes.find(owner),
      delete: async (id) => (await open()).volumes.delete(id),
    },
    workers: {
      launch: async (request) => (await open()).workers.launch(request),
      describe: async (id) => (await open()).workers.describe(id),
      find: async (owner) => (await open()).workers.find(owner),
      terminate: async (id) => (await open()).workers.terminate(id),
    },
    volumeRestores: deferredRestores(async () => {
      const { volumeRestores } = await open();
      assert(volumeRestores !== null, 'a region of EC2 makes volumes');
      return volumeRestores;
    }),
    instanceRestores: deferredLaunches(async () => {
      const { instanceRestores } = await open();
      assert(instanceRestores !== null, 'a region of EC2 launches instances');
      return instanceRestores;
    }),
    inAccount: (role) => {
      const account = async (): Promise<CloudAccount> => {
        const { inAccount } = await open();
        assert(inAccount !== null, 'EC2 has accounts');
        return inAccount(role);
      };
      return {
        replicas: deferredReplicas(async () => (await account()).replicas),
        volumeRestores: deferredSnapshotRestores(async () => {
          const { volumeRestores } = await account();
          assert(volumeRestores !== null, 'an account of EC2 makes volumes');
          return volumeRestores;
        }),
        instanceRestores: deferredSnapshotLaunches(async () => {
          const { instanceRestores } = await account();
          assert(instanceRestores !== null, 'an account of EC2 launches instances');
          return instanceRestores;
        }),
      };
    },
    volumeExchanges: deferredExchanges(async () => {
      const { volumeExchanges } = await open();
      assert(volumeExchanges !== null, 'a region of EC2 exchanges volumes');
      return volumeExchanges;
    }),
  };
}

function deferredReplicas(open: () => Promise<Replicas>): Replicas {
  return {
    copy: async (...asked) => (await open()).copy(...asked),
    find: async (...asked) => (await open()).find(...asked),
    describe: async (...asked) => (await open()).describe(...asked),
    delete: async (...asked) => (await open()).delete(...asked),
    releaseSources: async (ids) => (await open()).releaseSources(ids),
  };
}

function deferredRestores(open: () => Promise<VolumeRestores>): VolumeRestores {
  return {
    ...deferredSnapshotRestores(open),
    target: (...asked) => deferredTarget(async () => (await open()).target(...asked)),
  };
}

function deferredSnapshotRestores(open: () => Promise<SnapshotRestores>): SnapshotRestores {
  return {
    ofSnapshot: async (request) => (await open()).ofSnapshot(request),
    checkPlace: async (...asked) => (await open()).checkPlace(...asked),
    find: async (...asked) => (await open()).find(...asked),
    remove: async (...asked) => (await open()).remove(...asked),
  };
}

function deferredSnapshotLaunches(open: () => Promise<SnapshotLaunches>): SnapshotLaunches {
  return { plan: async (request) => (await open()).plan(request) };
}

function deferredLaunches(open: () => Promise<InstanceRestores>): InstanceRestores {
  return {
    ...deferredSnapshotLaunches(open),
    snapshotTarget: (...asked) =>
      deferredTarget(async () => (await open()).snapshotTarget(...asked)),
  };
}

function deferredExchanges(open: () => Promise<VolumeExchanges>): VolumeExchanges {
  return {
    look: async (instanceId) => (await open()).look(instanceId),
    describe: async (volumeIds) => (await open()).describe(volumeIds),
    keep: async (...asked) => (await open()).keep(...asked),
    release: async (volumeId) => (await open()).release(volumeId),
    stop: async (...asked) => (await open()).stop(...asked),
    start: async (...asked) => (await open()).start(...asked),
    exchange: async (...asked) => (await open()).exchange(...asked),
    removeKept: async (volumeId) => (await open()).removeKept(volumeId),
  };
}

function deferredTarget(target: () => Promise<ImageTarget>): ImageTarget {
  return {
    open: async (volume) => (await target()).open(volume),
    check: async (volumes) => (await target()).check(volumes),
  };
}
