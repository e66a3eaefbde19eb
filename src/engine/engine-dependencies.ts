import type { EngineId } from '../domain/identifiers.ts';
import type { CloudPlace } from '../domain/policy/cloud-place.ts';
import type { RulesOf } from '../domain/retention/retention-rule.ts';
import type { Occurrences } from '../domain/policy/occurrences.ts';
import type { FormatDescription } from '../format/format-description.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { Repository } from '../format/repository.ts';
import type { CheckpointWitness } from '../ports/checkpoint-witness.ts';
import type { CatalogueStore } from '../ports/catalogue-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cloud } from '../ports/cloud/cloud.ts';
import type { EnginePresence } from '../ports/engine-presence.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';
import type { DeviceLocation } from '../mailbox/user-data.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import type { DirectReadTurns } from './backup/direct-read-turns.ts';
import type { EngineLimits } from './engine-limits.ts';
import type { ReconcilableRegion } from './reconcile/reconcilable-region.ts';

/** Everything that an engine needs from the world. */
export interface EngineDependencies {
  readonly eventStore: EventStore;
  /** Where what the ledger says is kept ready for lists; may be empty, old, or lost. */
  readonly catalogue: CatalogueStore;
  readonly cloud: Cloud;
  /** A region of that cloud as it is reconciled, the caller closes it; default: there is nothing to reconcile. */
  readonly openRegion?: (place: CloudPlace) => Promise<ReconcilableRegion & { close(): void }>;
  /** Where the repository and the mailboxes of the workers are. */
  readonly objectStore: ObjectStore;
  /** How a worker reaches that object store. */
  readonly workerStore: ObjectStoreLocation;
  /** How a worker finds the volumes that are attached to it. */
  readonly workerDevices: DeviceLocation;
  /** The opened repository; called when it is first needed, and may ask for its secret then. */
  readonly repository: () => Promise<Repository>;
  /**
   * Seals the keys of what is sensitive in events; default: asked of the repository. Whoever keeps it
   * elsewhere need not open the repository to read the ledger (`sensitiveWrappingKeyOf`).
   */
  readonly sensitiveWrappingKey?: () => Promise<Uint8Array>;
  /** Of that repository, known without opening it. */
  readonly format: FormatDescription & Pick<StorageFormat, 'headerKey' | 'prepareTransfer'>;
  /** The rules of a chain; default: those that a policy's settings stand for. */
  readonly rulesOf?: RulesOf;
  readonly presence: EnginePresence;
  /** Get each checkpoint of the sealed ledger; default: none. */
  readonly witnesses?: readonly CheckpointWitness[];
  readonly clock: Clock;
  /** When cron expressions occur. */
  readonly occurrences: Occurrences;
  readonly random: RandomSource;
  /** Who is at work, as it stands in the events. */
  readonly actor: string;
  readonly limits: EngineLimits;
}

/** The same, once an engine runs. */
export interface EngineContext extends EngineDependencies {
  readonly engineId: EngineId;
  /** Shared by all its sessions. */
  readonly directReadTurns: DirectReadTurns;
}
