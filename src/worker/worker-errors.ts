import { isSnapledgerError, SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { WorkerFailure } from '../mailbox/worker-outcome.ts';

/** Why a worker was ended from outside. The engine starts another one if it still wants to. */
export function workerStopped(reason: string): SnapledgerError {
  return new SnapledgerError('WORKER_LOST', `the worker was stopped: ${reason}`, {
    retry: 'retryable',
    remedy: 'Nothing: the engine starts another worker, which goes on where this one was.',
  });
}

/** What is reported of an error. */
export function failureOf(error: unknown): WorkerFailure {
  if (isSnapledgerError(error)) {
    const { code, message, retry, remedy = null } = error;
    return { outcome: 'failed', code, message, retry, remedy };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    outcome: 'failed',
    code: 'WORKER_FAILED',
    message: `the worker met an error that it does not know: ${message}`,
    // Out of memory or a thread that died is as likely as a defect, and attempts are limited.
    retry: 'retryable',
    remedy: 'See the log of the worker.',
  };
}

/** One line for the log. */
export function describeError(error: unknown): string {
  if (!isSnapledgerError(error))
    return error instanceof Error ? String(error.stack) : String(error);
  const remedy = error.remedy === undefined ? '' : ` (${error.remedy})`;
  return `${error.code}: ${error.message}${remedy}`;
}
