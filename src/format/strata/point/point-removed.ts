import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';

/** For a session that comes back to a point that it had committed and that was removed since. */
export function pointRemoved(sessionId: SessionId): SnapledgerError {
  return new SnapledgerError(
    'SESSION_FENCED',
    `session ${sessionId} has committed its restore point, which was removed since`,
    { remedy: 'Nothing is left to be done for it.', details: { sessionId } },
  );
}
