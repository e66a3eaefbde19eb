import { SnapledgerError } from '../domain/errors/snapledger-error.ts';

/**
 * What is said when an object of the mailbox, or the user data, is not what its writer would have
 * written.
 *
 * @param where the object's key, or `user data`
 * @param problem completes the sentence "… is not to be trusted: …"; names fields, never values
 */
export function mailboxRejected(where: string, problem: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('MAILBOX_REJECTED', `${where} is not to be trusted: ${problem}`, {
    cause,
    remedy:
      'Find out who else can write to this repository; if nobody can, look for damage in its storage, then run the session again.',
    details: { where },
  });
}
