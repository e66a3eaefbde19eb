import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { StorageFormat } from '../format/storage-format.ts';

/** What a worker needs of a storage format. */
export type TransferFormat = Pick<StorageFormat, 'prepareTransfer'>;

const loadQcow2 = async (): Promise<TransferFormat> =>
  await import('../format/qcow2/transfer/prepare-transfer.ts');

/**
 * The storage formats that a worker has. Only the one that is wanted is loaded, and only its
 * worker's side: the engine's side would double the time that loading takes.
 */
const ownFormats: ReadonlyMap<string, () => Promise<TransferFormat>> = new Map([
  [
    'strata',
    async () => {
      const transfer = await import('../format/strata/transfer/prepare-strata-transfer.ts');
      return { prepareTransfer: transfer.prepareStrataTransfer };
    },
  ],
  ['qcow2', loadQcow2],
  ['qcow2-plain', loadQcow2],
]);

/**
 * @param plugged where the modules of other formats are, by their names: URLs of files
 * @returns what loads a format by its name: null when no format has it
 */
export function formatLoader(
  plugged: ReadonlyMap<string, string>,
): (name: string) => Promise<TransferFormat | null> {
  return async (name) => {
    const own = ownFormats.get(name);
    if (own !== undefined) return await own();
    const url = plugged.get(name);
    return url === undefined ? null : await loadPlugged(name, url);
  };
}

/** @throws WORKER_FAILED */
async function loadPlugged(name: string, url: string): Promise<TransferFormat> {
  let module: Partial<TransferFormat>;
  try {
    module = (await import(url)) as typeof module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(name, url, reason, cause);
  }
  const { prepareTransfer } = module;
  if (typeof prepareTransfer === 'function') return { prepareTransfer };
  throw unusable(name, url, "it does not export 'prepareTransfer'");
}

function unusable(name: string, url: string, reason: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError(
    'WORKER_FAILED',
    `the module ${url} of the format "${name}" cannot be used: ${reason}`,
    { cause, remedy: 'docs/formats.md says what a module for workers exports.' },
  );
}
