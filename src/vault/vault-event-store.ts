import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import {
  formatKurrentDbLocation,
  parseKurrentDbLocation,
} from '../adapters/kurrentdb/kurrentdb-location.ts';
import { checkNamespace } from '../adapters/kurrentdb/kurrentdb-namespace.ts';
import {
  openSqliteEventStore,
  type SqliteEventStoreOptions,
} from '../adapters/sqlite/event-store/sqlite-event-store.ts';
import type { LedgerGuards } from '../adapters/sqlite/event-store/ledger-database.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { summariseEvent } from '../engine/ledger/event-summary.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { RandomSource } from '../ports/random-source.ts';
import type {
  AskEventStoreCredentials,
  EventStoreChoice,
  VaultEventStore,
} from './vault-options.ts';
import { vaultLayout } from './vault-layout.ts';

/** Bytes of the random part of a namespace: no two vaults of a server ever meet. */
const namespaceRandomBytes = 8;

/** For a server that asks nobody who they are. */
export const noCredentials: AskEventStoreCredentials = () => Promise.resolve(null);

/**
 * Where the ledger of a new vault is to be, checked and in full.
 *
 * @throws INVALID_ARGUMENT for a location or namespace that cannot be
 */
export function planEventStore(
  choice: EventStoreChoice | undefined,
  random: RandomSource,
): VaultEventStore {
  if (choice === undefined) return { kind: 'sqlite' };
  const location = formatKurrentDbLocation(parseKurrentDbLocation(choice.location));
  const namespace =
    choice.namespace ??
    `snapledger_${Buffer.from(random.bytes(namespaceRandomBytes)).toString('hex')}`;
  checkNamespace(namespace);
  return { kind: 'kurrentdb', location, namespace };
}

/**
 * Makes the ledger of a new vault: a file, or an empty namespace on a server.
 *
 * @throws VAULT_EXISTS when the namespace holds a ledger; what opening it throws
 */
export async function createVaultEventStore(
  folder: string,
  eventStore: VaultEventStore,
  credentials: AskEventStoreCredentials,
): Promise<void> {
  const opened = await openIn(folder, eventStore, credentials, { ifMissing: 'create' });
  try {
    if (eventStore.kind === 'kurrentdb') await refuseOccupied(opened, eventStore.namespace);
  } finally {
    await opened.close();
  }
}

/** @throws NOT_A_VAULT when the ledger's file is missing; what opening it throws */
export function openVaultEventStore(
  folder: string,
  eventStore: VaultEventStore,
  credentials: AskEventStoreCredentials,
  guards: LedgerGuards = 'required',
): Promise<EventStore> {
  return openIn(folder, eventStore, credentials, { ifMissing: 'fail', guards });
}

async function openIn(
  folder: string,
  eventStore: VaultEventStore,
  credentials: AskEventStoreCredentials,
  ofFile: Pick<SqliteEventStoreOptions, 'ifMissing' | 'guards'>,
): Promise<EventStore> {
  switch (eventStore.kind) {
    case 'sqlite':
      return openSqliteEventStore({
        ...ofFile,
        path: vaultLayout(folder).ledger,
        clock: systemClock,
      });
    case 'kurrentdb': {
      // Its client takes a while to load, which nobody has to wait for who does without.
      const { openKurrentDbEventStore } =
        await import('../adapters/kurrentdb/kurrentdb-event-store.ts');
      return openKurrentDbEventStore({
        location: parseKurrentDbLocation(eventStore.location),
        namespace: eventStore.namespace,
        credentials: await credentials(),
        clock: systemClock,
        random: systemRandom,
        summarise: summariseEvent,
      });
    }
  }
}

async function refuseOccupied(eventStore: EventStore, namespace: string): Promise<void> {
  for await (const { stream } of eventStore.readAll({ limit: 1 })) {
    throw new SnapledgerError(
      'VAULT_EXISTS',
      `the namespace ${namespace} of the event store holds a ledger already, with the stream ${stream}`,
      { remedy: 'Choose another namespace, or leave it out: then a new one is made.' },
    );
  }
}
