import { rename, rm } from 'node:fs/promises';
import { openSqliteEventStore } from '../adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import { vaultLayout } from './vault-layout.ts';
import { noCredentials, openVaultEventStore } from './vault-event-store.ts';
import type { AskEventStoreCredentials, VaultEventStore } from './vault-options.ts';

/** Where a recovery builds the ledger of a vault. */
export interface RecoveryTarget {
  /** Opens what is to become the ledger. Events may be there that an earlier recovery left on a server. */
  open(): Promise<EventStore>;
  /** Makes it the ledger of the vault. */
  finish(): Promise<void>;
  /** Removes what a recovery left that did not finish, as far as it can be removed. */
  discard(): Promise<void>;
}

export function recoveryTarget(
  folder: string,
  eventStore: VaultEventStore,
  credentials: AskEventStoreCredentials = noCredentials,
): RecoveryTarget {
  if (eventStore.kind === 'sqlite') return fileTarget(folder);
  return {
    open: () => openVaultEventStore(folder, eventStore, credentials),
    finish: () => Promise.resolve(),
    // A server takes nothing back; the next recovery goes on from it.
    discard: () => Promise.resolve(),
  };
}

const unfinishedSuffix = '.unfinished';

/** Whether a file of a vault is one of a ledger that was not finished, left by a program that was killed. */
export function isUnfinishedLedger(name: string): boolean {
  return name.startsWith(`ledger.sqlite${unfinishedSuffix}`);
}

/** A file that is built beside its place, and moved there when it is whole. */
function fileTarget(folder: string): RecoveryTarget {
  const { ledger } = vaultLayout(folder);
  const path = `${ledger}${unfinishedSuffix}`;
  return {
    open: () => openSqliteEventStore({ path, clock: systemClock, ifMissing: 'create' }),
    finish: () => rename(path, ledger),
    discard: async () => {
      // SQLite keeps up to three files beside each other.
      for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
    },
  };
}
