import type { StorageFormat } from '../format/storage-format.ts';
import type { UserData } from '../mailbox/user-data.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';
import type { Devices } from './devices.ts';

/** What a worker needs of a storage format. */
export type TransferFormat = Pick<StorageFormat, 'prepareTransfer'>;

/** Everything that a worker works with, so that a simulation can bring its own. */
export interface WorkerWorld {
  readonly userData: UserData;
  readonly objectStore: ObjectStore;
  readonly devices: Devices;
  /** Loads a storage format by its name; null when this worker does not know it. */
  readonly loadFormat: (name: string) => Promise<TransferFormat | null>;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Aborts when the worker is told to stop; the reason is reported. */
  readonly signal: AbortSignal;
  /** Takes one line about what happens. Never a secret. */
  readonly log: (line: string) => void;
}
