import { unreachable } from '../domain/errors/unreachable.ts';
import type { WorkerEnd } from './run-worker.ts';

/** What the exit code of a worker tells: whether the engine knows how it ended, not how. */
export const workerExitCodes = {
  /** The engine can read the outcome, good or bad. */
  reported: 0,
  /** The engine could not be told; the worker's log says why. */
  unreported: 1,
  /** The program was called in a way that it does not understand, or found no sound user data. */
  unusable: 2,
  /** The engine had closed the mailbox: there was nobody to tell. */
  closed: 3,
} as const;

export function exitCodeOf(end: WorkerEnd): number {
  switch (end.kind) {
    case 'reported':
      return workerExitCodes.reported;
    case 'unreported':
      return workerExitCodes.unreported;
    case 'closed':
      return workerExitCodes.closed;
    default:
      return unreachable(end);
  }
}
