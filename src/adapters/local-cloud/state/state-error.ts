import { isSnapledgerError, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { hasErrno } from '../../../platform/errno.ts';

/**
 * What went wrong with a file of the cloud's own folder, as an error of this package: STORE_FULL
 * when there is no room, STORE_UNAVAILABLE otherwise. Errors of this package pass unchanged.
 *
 * @param doing what was under way, to follow "could not": `write /vault/cloud/x`
 */
export function stateError(error: unknown, doing: string): SnapledgerError {
  if (isSnapledgerError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  // EFBIG: the file size limit of the process or of the file system, which is a lack of room too.
  if (hasErrno(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
    return new SnapledgerError('STORE_FULL', `no room left: could not ${doing} (${reason})`, {
      cause: error,
      remedy: 'Free space in the file system of the vault, or move the vault to a larger one.',
    });
  }
  return new SnapledgerError('STORE_UNAVAILABLE', `could not ${doing} (${reason})`, {
    cause: error,
    retry: 'retryable',
    remedy: 'Check the file system of the vault and the permissions of its folders.',
  });
}
