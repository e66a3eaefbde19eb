import { SnapledgerError } from '../index.ts';

/** Something on the command line or in the environment cannot be understood: exit code 2. */
export function usageError(message: string, remedy: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, { remedy });
}
