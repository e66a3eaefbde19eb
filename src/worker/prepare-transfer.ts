import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { PreparedTransfer } from '../format/transfer.ts';
import type { TransferFormat } from './load-format.ts';
import { describeError } from './worker-errors.ts';

/**
 * Loads the storage format of the repository, and lets it start what takes time. A rejection is
 * taken for handled: whoever brings the job is told of it.
 *
 * @param loadFormat gives null for a name that no format of this worker has
 * @throws WORKER_FAILED for such a format
 */
export function prepareTransfer(
  name: string,
  loadFormat: (name: string) => Promise<TransferFormat | null>,
): Promise<PreparedTransfer> {
  const preparing = loadAndPrepare(name, loadFormat);
  preparing.catch(() => undefined);
  return preparing;
}

async function loadAndPrepare(
  name: string,
  loadFormat: (name: string) => Promise<TransferFormat | null>,
): Promise<PreparedTransfer> {
  const format = await loadFormat(name);
  if (format !== null) return format.prepareTransfer();
  throw new SnapledgerError('WORKER_FAILED', `the worker does not know the format "${name}"`, {
    remedy: 'Run engine and worker from the same version of snapledger.',
  });
}

/** Stops what was prepared for a job that has ended, or never came. */
export async function letGo(
  preparing: Promise<PreparedTransfer>,
  log: (line: string) => void,
): Promise<void> {
  const [prepared] = await Promise.allSettled([preparing]);
  if (prepared.status === 'rejected') return;
  await prepared.value.close().catch((error: unknown) => {
    log(`what was prepared could not be closed: ${describeError(error)}`);
  });
}
