import { resolve } from 'node:path';
import { createFilePresence } from '../adapters/filesystem/file-presence.ts';
import { createSqliteCatalogueStore } from '../adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
import { type LocalCloud, openLocalCloud } from '../adapters/local-cloud/local-cloud.ts';
import { createCronerOccurrences } from '../adapters/schedule/croner-occurrences.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { EngineDependencies } from '../engine/engine-dependencies.ts';
import { localEngineLimits, remoteStoreEngineLimits } from '../engine/engine-limits.ts';
import {
  createLeasePresence,
  type LeasePresenceOptions,
} from '../engine/presence/lease-presence.ts';
import type { Repository } from '../format/repository.ts';
import { strataFormat } from '../format/strata/strata-format.ts';
import type { EnginePresence } from '../ports/engine-presence.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { processUser } from './process-user.ts';
import { workerProgramPath } from './program-file.ts';
import type { OpenVaultOptions, VaultEventStore } from './vault.ts';
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
    workerProgram: [workerProgramPath()],
    workerEnvironment: {
      ...workerEnvironment(location, process.env),
      // A place that the user has chosen for all programs is better than one for each vault.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? layout.compileCache,
    },
  });
  const workers = sweepAfterWorkers(localCloud.workers, { sweep });
  const cloud: LocalCloud = { ...localCloud, workers };
  const repository = lazyRepository(objectStore, options.passphrase);
  const catalogue = createSqliteCatalogueStore({ folder: layout.catalogue });
  const { eventStoreCredentials = noCredentials } = options;
  const eventStore = await openVaultEventStore(folder, marker.eventStore, eventStoreCredentials);
  const actor = options.actor ?? processUser();
  const retryPolicy = localEngineLimits.retry;
  const ledgerParts = { eventStore, clock, random, actor, retryPolicy };
  return {
    folder,
    cloud,
    dependencies: {
      eventStore,
      catalogue,
      cloud,
      objectStore,
      workerStore: location,
      workerDevices: { kind: 'folder' },
      repository: repository.open,
      format: strataFormat,
      witnesses: await witnessesOf(folder),
      presence: presenceOf(marker.eventStore, layout.engines, ledgerParts),
      clock,
      occurrences: createCronerOccurrences(),
      random,
      actor,
      limits: location.kind === 's3' ? remoteStoreEngineLimits : localEngineLimits,
    },
    close: async () => {
      try {
        await repository.close();
      } finally {
        await catalogue.close();
        await eventStore.close();
        close();
      }
    },
  };
}

/** Locks of this machine are no word on engines of another one, which share a ledger on a server. */
function presenceOf(
  eventStore: VaultEventStore,
  folder: string,
  ledgerParts: LeasePresenceOptions,
): EnginePresence {
  switch (eventStore.kind) {
    case 'sqlite':
      return createFilePresence({ folder });
    case 'kurrentdb':
      return createLeasePresence(ledgerParts);
  }
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
