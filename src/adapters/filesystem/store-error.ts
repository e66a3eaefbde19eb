import { isSnapledgerError, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { errnoOf } from '../../platform/errno.ts';

/** What was being done when the operating system failed, in the user's words. */
export interface StoreAction {
  /** `create object "a/b"`, `list "packs/"`. */
  readonly action: string;
  readonly root: string;
}

/** Runs `work`; what it throws leaves as an error of the port. */
export async function withStoreErrors<T>(action: StoreAction, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error, action);
  }
}

/**
 * The port's error for whatever was thrown inside the store. Errors of this package pass as they
 * are. When a clean-up failed too, the first error counts and the second is in its cause.
 */
export function toStoreError(error: unknown, action: StoreAction): SnapledgerError {
  if (isSnapledgerError(error)) return error;
  let first = error;
  while (first instanceof SuppressedError) first = first.suppressed;
  if (isSnapledgerError(first)) {
    const { retry, remedy, details } = first;
    return new SnapledgerError(first.code, first.message, {
      retry,
      details,
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  return errorOfErrno(errnoOf(first) ?? 'none', first, { ...action, cause: error });
}

function errorOfErrno(
  errno: string,
  first: unknown,
  { action, root, cause }: StoreAction & { readonly cause: unknown },
): SnapledgerError {
  const reason = first instanceof Error ? first.message : String(first);
  const message = `cannot ${action} in ${root}: ${reason}`;
  const details = { root, errno };
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new SnapledgerError('STORE_FULL', message, {
        cause,
        details,
        remedy: `Make room on the file system of ${root}, or raise the quota.`,
      });
    case 'ENAMETOOLONG':
      return new SnapledgerError('OBJECT_KEY_INVALID', message, {
        cause,
        details,
        remedy: 'Move the repository to a shorter path or to a file system with longer names.',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SnapledgerError('STORE_UNAVAILABLE', message, {
        cause,
        details,
        remedy: `Let this user read and write ${root}, on a file system that has hard links.`,
      });
    case 'ENOTSUP':
    case 'EOPNOTSUPP':
    case 'ENOSYS':
    case 'EXDEV':
    case 'EMLINK':
      return new SnapledgerError('STORE_UNAVAILABLE', message, {
        cause,
        details,
        remedy: `Keep ${root} as a whole on one file system that has hard links.`,
      });
    default:
      return new SnapledgerError('STORE_UNAVAILABLE', message, {
        cause,
        details,
        retry: 'retryable',
        remedy: `Check the disk or the mount that holds ${root}.`,
      });
  }
}
