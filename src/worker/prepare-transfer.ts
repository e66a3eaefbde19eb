import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { PreparedTransfer } from '../format/transfer.ts';
import type { WorkerWorld } from './worker-world.ts';

/**
 * Loads the storage format of the repository, and lets it start what takes time.
 *
 * @throws WORKER_FAILED for a format that this worker does not know
 */
export async function prepareTransfer({
  userData: { format: name },
  loadFormat,
}: Pick<WorkerWorld, 'userData' | 'loadFormat'>): Promise<PreparedTransfer> {
  const format = await loadFormat(name);
  if (format !== null) return format.prepareTransfer();
  throw new SnapledgerError('WORKER_FAILED', `the worker does not know the format "${name}"`, {
    remedy: 'Run engine and worker from the same version of snapledger.',
  });
}
