import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type LocalCloud,
  type LocalCloudOptions,
  openLocalCloud,
} from '../../../src/adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type {
  InstanceId,
  SessionId,
  SnapshotSetId,
  WorkerId,
} from '../../../src/domain/identifiers.ts';
import type { InstanceDescription } from '../../../src/ports/cloud/instances.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ResourceOwner } from '../../../src/ports/cloud/resource-owner.ts';
import type { SnapshotDescription } from '../../../src/ports/cloud/snapshots.ts';

export const tinyWorker = fileURLToPath(new URL('./tiny-worker.ts', import.meta.url));

export const owner: ResourceOwner = {
  sessionId: '0c0ffee0-0000-4000-8000-000000000001' as SessionId,
  instanceId: 'web-1' as InstanceId,
};

/** A local cloud in a temporary folder, with `disk-<n>.img` beside it. */
export interface LocalCloudFixture {
  readonly root: string;
  readonly folder: string;
  readonly cloud: LocalCloud;
  /** The same folder as another process would open it. */
  readonly reopen: (options?: Partial<LocalCloudOptions>) => Promise<LocalCloud>;
  readonly diskPath: (name: string) => string;
  /** Makes or changes a disk image: `blocks` are filled with the byte that is their value. */
  readonly writeBlocks: (name: string, blocks: Readonly<Record<number, number>>) => Promise<void>;
  readonly makeDisk: (name: string, sizeBytes: number) => Promise<string>;
  readonly dispose: () => Promise<void>;
}

export async function openFixture(): Promise<LocalCloudFixture> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'snapledger-cloud-'));
  const folder = path.join(root, 'cloud');
  const reopen = (options: Partial<LocalCloudOptions> = {}): Promise<LocalCloud> =>
    openLocalCloud({
      folder,
      clock: systemClock,
      random: systemRandom,
      workerProgram: [tinyWorker],
      ...options,
    });
  const cloud = await reopen();
  const diskPath = (name: string): string => path.join(root, name);
  return {
    root,
    folder,
    cloud,
    reopen,
    diskPath,
    async writeBlocks(name, blocks) {
      const handle = await open(diskPath(name), 'r+');
      try {
        const { size } = await handle.stat();
        for (const [index, value] of Object.entries(blocks)) {
          const offset = Number(index) * blockSizeBytes;
          await handle.write(Buffer.alloc(Math.min(blockSizeBytes, size - offset), value), {
            position: offset,
          });
        }
      } finally {
        await handle.close();
      }
    },
    async makeDisk(name, sizeBytes) {
      const handle = await open(diskPath(name), 'w');
      try {
        await handle.truncate(sizeBytes);
      } finally {
        await handle.close();
      }
      return diskPath(name);
    },
    async dispose() {
      for (const workerId of await readdir(path.join(folder, 'workers'))) {
        await cloud.workers.terminate(workerId as WorkerId);
      }
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Takes a set of all volumes of the instance. */
export function snapshotAll(
  cloud: LocalCloud,
  instance: InstanceDescription,
): Promise<readonly SnapshotDescription[]> {
  return cloud.snapshots.createSet({
    setId: systemRandom.uuid() as SnapshotSetId,
    owner: { ...owner, instanceId: instance.instanceId },
    instanceId: instance.instanceId,
    volumes: instance.volumes,
    policyId: null,
    volumeTags: 'leave',
    configuration: instance.configuration,
  });
}

/** Takes a snapshot of an instance that has one volume. */
export async function snapshotOne(
  cloud: LocalCloud,
  instance: InstanceDescription,
): Promise<SnapshotDescription> {
  const [snapshot] = await snapshotAll(cloud, instance);
  if (snapshot === undefined) throw new Error('a set of one volume has one snapshot');
  return snapshot;
}

/** Polls until `condition` gives something, for at most 5 s. */
export async function eventually<T>(condition: () => Promise<T | null | false>): Promise<T> {
  for (let look = 0; look < 250; look += 1) {
    const value = await condition();
    if (value !== null && value !== false) return value;
    await systemClock.sleep(20);
  }
  throw new Error('what the test waits for did not happen within 5 s');
}

/**
 * The system's clock, at whose every sleep (the first is just before disks are captured) something
 * happens; it is told the how manieth it is, from 1.
 */
export function clockWhere(event: (sleep: number) => Promise<void>): Clock {
  let sleeps = 0;
  return {
    now: () => systemClock.now(),
    async sleep(durationMs, signal) {
      await systemClock.sleep(durationMs, signal);
      sleeps += 1;
      await event(sleeps);
    },
  };
}
