import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import { corruptionReason } from '../object/object-corrupt.ts';

/** What is wrong with the key of the session that wrote a record, or null: the error is not about that. */
export function sessionKeyProblem(error: unknown): string | null {
  if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) {
    return 'the key of the session that wrote it is missing';
  }
  if (!hasErrorCode(error, 'OBJECT_CORRUPT')) return null;
  return `the key of the session that wrote it is damaged: ${corruptionReason(error)}`;
}
