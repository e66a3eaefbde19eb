import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';

/**
 * @param where the file, and where in it
 * @param wrong what is wrong there, to follow it: `is not JSON`
 */
export function corruptStateError(where: string, wrong: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('CLOUD_STATE_CORRUPT', `${where} ${wrong}`, {
    ...(cause === undefined ? {} : { cause }),
    remedy:
      'Put the file back from a copy of the vault, or remove the folder that holds it: what it describes is then lost, and everything else works again.',
  });
}
