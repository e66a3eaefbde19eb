import { resolve } from 'node:path';
import { createFilePresence } from '../adapters/filesystem/file-presence.ts';
import { type LocalCloud, openLocalCloud } from '../adapters/local-cloud/local-cloud.ts';
import { createCronerOccurrences } from '../adapters/schedule/croner-occurrences.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { EngineDependencies } from '../engine/engine-dependencies.ts';
import { localEngineLimits, remoteStoreEngineLimits } from '../engine/engine-limits.ts';
import type { Repository } from '../format/repository.ts';
import { strataFormat } from '../format/strata/strata-format.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { processUser } from './process-user.ts';
import { workerProgramPath } from './program-file.ts';
import type { OpenVaultOptions } from './vault.ts';
import { sweepAfterWorkers } from './sweep-after-workers.ts';
import { vaultLayout } from './vault-layout.ts';
import { noCredentials, openVaultEventStore } from './vault-event-store.ts';
import { readVaultMarker } from './vault-marker.ts';
import { openVaultObjectStore } from './vault-object-store.ts';
import { workerEnvironment } from './worker-environment.ts';
import { witnessesOf } from './witness-setting.ts';

/** What a vault's engine is made of. */
export interface VaultParts {
  readonly folder: string;
  readonly cloud: LocalCloud;
  readonly dependencies: EngineDependencies;
  readonly close: () => Promise<void>;
}

/**
 * @throws NOT_A_VAULT, VAULT_VERSION, and what opening its ledger throws; WRONG_PASSPHRASE from the
 *   first call that needs it
 */
export async function openVaultParts(options: OpenVaultOptions): Promise<VaultParts> {
  const folder = resolve(options.folder);
  const marker = await readVaultMarker(folder);
  const layout = vaultLayout(folder);
  const location = marker.repository ?? { kind: 'filesystem', root: layout.repository };
  const clock = systemClock;
  const random = systemRandom;
  const { objectStore, sweep, close } = await openVaultObjectStore(location);
  const localCloud = await openLocalCloud({
    folder: layout.cloud,
    clock,
    random,
    workerProgram: [workerProgramPath(), '--compile-cache', layout.compileCache],
    workerEnvironment: workerEnvironment(location, process.env),
  });
  const workers = sweepAfterWorkers(localCloud.workers, { sweep });
  const cloud: LocalCloud = { ...localCloud, workers };
  const repository = lazyRepository(objectStore, options.passphrase);
  const { eventStoreCredentials = noCredentials } = options;
  const eventStore = await openVaultEventStore(folder, marker.eventStore, eventStoreCredentials);
  return {
    folder,
    cloud,
    dependencies: {
      eventStore,
      cloud,
      objectStore,
      workerStore: location,
      workerDevices: { kind: 'folder' },
      repository: repository.open,
      format: strataFormat,
      witnesses: await witnessesOf(folder),
      presence: createFilePresence({ folder: layout.engines }),
      clock,
      occurrences: createCronerOccurrences(),
      random,
      actor: options.actor ?? processUser(),
      limits: location.kind === 's3' ? remoteStoreEngineLimits : localEngineLimits,
    },
    close: async () => {
      try {
        await repository.close();
      } finally {
        await eventStore.close();
        close();
      }
    },
  };
}

interface LazyRepository {
  readonly open: () => Promise<Repository>;
  readonly close: () => Promise<void>;
}

/** Opens the repository when it is first needed; after a failure the next call tries again. */
function lazyRepository(
  objectStore: ObjectStore,
  passphrase: () => Promise<string>,
): LazyRepository {
  let opened: Promise<Repository> | null = null;
  const open = async (): Promise<Repository> => {
    try {
      return await strataFormat.openRepository({
        objectStore,
        secret: { kind: 'passphrase', passphrase: await passphrase() },
        random: systemRandom,
        clock: systemClock,
      });
    } catch (error) {
      opened = null;
      throw error;
    }
  };
  return {
    open: () => (opened ??= open()),
    close: async () => {
      if (opened !== null) await (await opened).close();
    },
  };
}
