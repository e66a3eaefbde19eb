import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { type LedgerDatabase, type LedgerOpening, openLedgerDatabase } from './ledger-database.ts';
import { toLedgerError } from './ledger-error.ts';

/**
 * The way to one ledger: a connection that stays open and shares memory with those of other processes. That
 * memory is a file. Where the file system has no room for it each operation has a connection of its own,
 * without that file and alone with the ledger, until there is room.
 */
export class LedgerConnection {
  /** Which trigger is not as it was made, where that may be; null: all are. */
  readonly unguarded: SnapledgerError | null;
  readonly #path: string;
  readonly #guards: LedgerOpening['guards'];
  #state: LedgerDatabase | 'no room to stay open' | 'closed';

  private constructor(
    path: string,
    guards: LedgerOpening['guards'],
    { database, statements, unguarded }: LedgerDatabase,
  ) {
    this.#path = path;
    this.#guards = guards;
    this.unguarded = unguarded;
    this.#state = database.isOpen ? { database, statements, unguarded } : 'no room to stay open';
  }

  /** @throws as `openLedgerDatabase` */
  static open(path: string, opening: Omit<LedgerOpening, 'sharing'>): LedgerConnection {
    let ledger: LedgerDatabase;
    try {
      ledger = openLedgerDatabase(path, { ...opening, sharing: 'with-others' });
    } catch (error) {
      if (!isForWantOfRoom(error, path)) throw error;
      ledger = openLedgerDatabase(path, { ...opening, sharing: 'alone' });
      ledger.database.close();
    }
    return new LedgerConnection(path, opening.guards, ledger);
  }

  /** @throws LEDGER_UNAVAILABLE when it was closed; what the operation throws, and opening */
  use<T>(operation: (ledger: LedgerDatabase) => T): T {
    if (this.#state === 'closed') throw closed(this.#path);
    if (this.#state !== 'no room to stay open') return operation(this.#state);
    try {
      this.#state = this.#open('with-others');
    } catch (error) {
      if (!isForWantOfRoom(error, this.#path)) throw error;
      const alone = this.#open('alone');
      try {
        return operation(alone);
      } finally {
        alone.database.close();
      }
    }
    return operation(this.#state);
  }

  #open(sharing: LedgerOpening['sharing']): LedgerDatabase {
    return openLedgerDatabase(this.#path, { ifMissing: 'fail', guards: this.#guards, sharing });
  }

  close(): void {
    const state = this.#state;
    this.#state = 'closed';
    if (typeof state === 'object') state.database.close();
  }
}

function isForWantOfRoom(error: unknown, path: string): boolean {
  return hasErrorCode(toLedgerError(error, path), 'STORE_FULL');
}

function closed(path: string): SnapledgerError {
  return new SnapledgerError('LEDGER_UNAVAILABLE', `The ledger ${path} was closed.`, {
    remedy: 'Open it again.',
    details: { path },
  });
}
