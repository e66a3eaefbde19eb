import { isSnapledgerError, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { hasErrno } from '../../platform/errno.ts';

/**
 * Does something to the target, and says what failed in the user's words.
 *
 * @throws TARGET_FULL, TARGET_EXISTS, INVALID_ARGUMENT
 */
export async function targetErrors<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (isSnapledgerError(cause)) throw cause;
    if (hasErrno(cause, 'ENOSPC', 'EDQUOT')) {
      throw new SnapledgerError('TARGET_FULL', `there is no room left for '${path}'`, {
        cause,
        remedy: 'Free some space or restore to another disk.',
      });
    }
    if (hasErrno(cause, 'EEXIST')) {
      throw new SnapledgerError('TARGET_EXISTS', `'${path}' exists already`, {
        cause,
        remedy: 'Restore to another folder, or allow it with --overwrite.',
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapledgerError('INVALID_ARGUMENT', `'${path}' cannot be written: ${reason}`, {
      cause,
      remedy: 'Check the folder and its permissions.',
    });
  }
}
