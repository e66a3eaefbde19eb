import { type LocalCloud, openLocalCloud } from '../../adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemRandom } from '../../adapters/system/system-random.ts';
import { assert } from '../../domain/errors/assert.ts';
import {
  ec2EngineLimits,
  type EngineLimits,
  localEngineLimits,
  remoteStoreEngineLimits,
} from '../../engine/engine-limits.ts';
import type { Repository } from '../../format/repository.ts';
import type { DeviceLocation } from '../../mailbox/user-data.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import { compileCacheFolder } from '../../ports/compile-cache-folder.ts';
import type { ObjectStoreLocation } from '../../ports/object-store-location.ts';
import { workerProgramPath } from '../program-file.ts';
import { sweepAfterWorkers } from '../sweep-after-workers.ts';
import type { CloudSetting } from '../vault.ts';
import type { VaultLayout } from '../vault-layout.ts';
import type { OpenedObjectStore } from '../vault-object-store.ts';
import { workerEnvironment } from '../worker-environment.ts';

export interface VaultCloudOptions extends Pick<OpenedObjectStore, 'objectStore' | 'sweep'> {
  readonly setting: CloudSetting;
  readonly layout: VaultLayout;
  /** Of the repository. */
  readonly location: ObjectStoreLocation;
  readonly repository: () => Promise<Repository>;
  /** The storage format that workers have to load; null when they have it. */
  readonly plugged: PluggedFormat | null;
}

/** A storage format that a worker finds in a module of its own. */
export interface PluggedFormat {
  readonly name: string;
  readonly workerModule: URL;
}

/** The cloud of a vault, and what an engine has to know of it. */
export interface VaultCloud {
  readonly cloud: Cloud;
  /** The same when it is that of this machine. */
  readonly localCloud: LocalCloud | null;
  readonly workerDevices: DeviceLocation;
  readonly limits: EngineLimits;
  readonly close: () => Promise<void>;
}

/** Nothing of it is asked yet. */
export async function openVaultCloud(options: VaultCloudOptions): Promise<VaultCloud> {
  const { setting, location } = options;
  switch (setting.kind) {
    case 'local':
      return await openLocal(options);
    case 'ec2': {
      assert(location.kind === 's3', 'a vault on EC2 has its repository in S3');
      const { openEc2VaultCloud } = await import('./ec2-vault-cloud.ts');
      return {
        ...(await openEc2VaultCloud({ ...options, setting, location })),
        localCloud: null,
        workerDevices: { kind: 'ebs' },
        limits: ec2EngineLimits,
      };
    }
  }
}

async function openLocal({
  layout,
  location,
  sweep,
  plugged,
}: VaultCloudOptions): Promise<VaultCloud> {
  const opened = await openLocalCloud({
    folder: layout.cloud,
    clock: systemClock,
    random: systemRandom,
    workerProgram: [workerProgramPath(), ...formatArguments(plugged)],
    workerEnvironment: {
      ...workerEnvironment(location, process.env),
      // One place for all vaults is better than one for each: the first worker of a vault starts as fast as the next.
      NODE_COMPILE_CACHE: compileCacheFolder() ?? layout.compileCache,
    },
  });
  const cloud: LocalCloud = { ...opened, workers: sweepAfterWorkers(opened.workers, { sweep }) };
  return {
    cloud,
    localCloud: cloud,
    workerDevices: { kind: 'folder' },
    limits: location.kind === 's3' ? remoteStoreEngineLimits : localEngineLimits,
    close: () => Promise.resolve(),
  };
}

function formatArguments(plugged: PluggedFormat | null): readonly string[] {
  return plugged === null ? [] : ['--format', `${plugged.name}=${plugged.workerModule.href}`];
}
