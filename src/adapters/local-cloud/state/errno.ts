/** True for an error of the operating system that carries one of `codes` (`ENOENT`, …). */
export function hasErrno(
  error: unknown,
  ...codes: readonly string[]
): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
