import type { Problem } from '../domain/backup-session/backup-events.ts';
import { isSnapledgerError } from '../domain/errors/snapledger-error.ts';

/** An error as it stands in an event: code and message, and what to do where that is known. */
export function problemOf(error: unknown): Problem {
  if (isSnapledgerError(error)) {
    const { code, message, remedy } = error;
    return { code, message: remedy === undefined ? message : `${message}. ${remedy}` };
  }
  const message = error instanceof Error ? error.message : 'something that is no error was thrown';
  return { code: 'INTERNAL', message };
}
