import { resolve } from 'node:path';
import { createFilePresence } from '../adapters/filesystem/file-presence.ts';
import { createSqliteCatalogueStore } from '../adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
import type { LocalCloud } from '../adapters/local-cloud/local-cloud.ts';
import { createCronerOccurrences } from '../adapters/schedule/croner-occurrences.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { CloudPlace } from '../domain/policy/cloud-place.ts';
import type { EngineDependencies } from '../engine/engine-dependencies.ts';
import { localEngineLimits } from '../engine/engine-limits.ts';
import {
  createLeasePresence,
  type LeasePresenceOptions,
} from '../engine/presence/lease-presence.ts';
import type { Repository } from '../format/repository.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { EnginePresence } from '../ports/engine-presence.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { processUser } from './process-user.ts';
import { openVaultCloud } from './cloud/open-vault-cloud.ts';
import { formatNamed, noFormats } from './formats.ts';
import { makeOnce, type MadeOnce } from './make-once.ts';
import type { CloudSetting } from './vault.ts';
import type { OpenVaultOptions, VaultEventStore } from './vault-options.ts';
import { ownRepositoryStore } from './own-repository.ts';
import { openVaultRegion } from './open-vault-region.ts';
import { vaultLayout } from './vault-layout.ts';
import { noCredentials, openVaultEventStore } from './vault-event-store.ts';
import { readVaultMarker } from './vault-marker.ts';
import { openVaultObjectStore } from './vault-object-store.ts';
import { vaultWrappingKey } from './sensitive-key-file.ts';
import { witnessesOf } from './witness-setting.ts';

/** What a vault's engine is made of. */
export interface VaultParts {
  readonly folder: string;
  readonly cloud: CloudSetting;
  /** The cloud of this machine; null where the instances are in EC2. */
  readonly localCloud: LocalCloud | null;
  readonly dependencies: EngineDependencies;
  /** Where the repository should be, be it the own one or not. */
  readonly place: ObjectStore;
  readonly close: () => Promise<void>;
}

/**
 * @throws NOT_A_VAULT, VAULT_VERSION, UNKNOWN_FORMAT, and what opening its ledger throws; WRONG_PASSPHRASE and
 *   REPOSITORY_EXCHANGED from the first call that needs the repository
 */
export async function openVaultParts(options: OpenVaultOptions): Promise<VaultParts> {
  const folder = resolve(options.folder);
  const marker = await readVaultMarker(folder);
  const { format, workerModule } = await formatNamed(
    marker.storageFormat,
    options.formats ?? noFormats,
  );
  const layout = vaultLayout(folder);
  const location = marker.repository ?? { kind: 'filesystem', root: layout.repository };
  const clock = systemClock;
  const random = systemRandom;
  const { objectStore: place, sweep, close } = await openVaultObjectStore(location);
  const { repositoryId } = marker;
  const objectStore = ownRepositoryStore(place, { format, repositoryId, clock });
  const repository = repositoryOnce(format, objectStore, options.passphrase);
  const { cloud, localCloud, workerDevices, limits, ...opened } = await openVaultCloud({
    setting: marker.cloud,
    layout,
    location,
    objectStore,
    sweep,
    repository: repository.get,
    plugged: workerModule === null ? null : { name: format.name, workerModule },
  });
  const catalogue = createSqliteCatalogueStore({ folder: layout.catalogue });
  const { eventStoreCredentials = noCredentials, purpose = 'work' } = options;
  const eventStore = await openVaultEventStore(
    folder,
    marker.eventStore,
    eventStoreCredentials,
    purpose === 'work' ? 'required' : 'missed',
  );
  const actor = options.actor ?? processUser();
  const retryPolicy = localEngineLimits.retry;
  const ledgerParts = { eventStore, clock, random, actor, retryPolicy };
  return {
    folder,
    cloud: marker.cloud,
    localCloud,
    place,
    dependencies: {
      eventStore,
      catalogue,
      cloud,
      ...(marker.cloud.kind === 'ec2'
        ? { openRegion: async (at: CloudPlace) => openVaultRegion(await repository.get(), at) }
        : {}),
      objectStore,
      workerStore: location,
      workerDevices,
      repository: repository.get,
      sensitiveWrappingKey: makeOnce(() => vaultWrappingKey(folder, repository.get)).get,
      format,
      witnesses: await witnessesOf(folder),
      presence: presenceOf(marker.eventStore, layout.engines, ledgerParts),
      clock,
      occurrences: createCronerOccurrences(),
      random,
      actor,
      limits,
    },
    close: async () => {
      try {
        await (await repository.ifMade())?.close();
      } finally {
        await opened.close();
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

/** Opens the repository when it is first needed. */
function repositoryOnce(
  format: StorageFormat,
  objectStore: ObjectStore,
  passphrase: () => Promise<string>,
): MadeOnce<Repository> {
  return makeOnce(async () =>
    format.openRepository({
      objectStore,
      secret: { kind: 'passphrase', passphrase: await passphrase() },
      random: systemRandom,
      clock: systemClock,
    }),
  );
}
