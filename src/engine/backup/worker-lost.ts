import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';

/** The worker of a session is gone, or might as well be; another one can do its work. */
export function workerLost(message: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('WORKER_LOST', message, { retry: 'retryable', cause });
}
