/** The name of the operating system's error (`ENOENT`), or null when it is no such error. */
export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** True when the operating system (or Node itself) failed with one of `names`. */
export function hasErrno(
  error: unknown,
  ...names: readonly string[]
): error is NodeJS.ErrnoException {
  const errno = errnoOf(error);
  return errno !== null && names.includes(errno);
}

/**
 * The errors that say "no such file": `ENOTDIR` comes instead of `ENOENT` where something on the
 * way is a file, `ELOOP` where a symbolic link is not followed.
 */
export function isAbsent(error: unknown): boolean {
  return hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP');
}
