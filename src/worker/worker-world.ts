import type { PreparedTransfer } from '../format/transfer.ts';
import type { UserData } from '../mailbox/user-data.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';
import type { Devices } from './devices.ts';

/** Everything that a worker works with, so that a simulation can bring its own. */
export interface WorkerWorld {
  readonly userData: UserData;
  readonly objectStore: ObjectStore;
  readonly devices: Devices;
  /** From `prepareTransfer`, before the worker has a job. `runWorker` lets go of it. */
  readonly preparing: Promise<PreparedTransfer>;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Aborts when the worker is told to stop; the reason is reported. */
  readonly signal: AbortSignal;
  /** Takes one line about what happens. Never a secret. */
  readonly log: (line: string) => void;
}
