import type { SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { readRegistration } from '../writer/read-registration.ts';

/**
 * Until when all is locked that the session stores, whoever stores it; null: it is not. As it was said when
 * the session began, so that engines and workers that go on with it mean the same date.
 *
 * @throws OBJECT_NOT_FOUND when the session has been closed, OBJECT_CORRUPT
 */
export async function sessionLockOf(
  context: Pick<RepositoryContext, 'objectStore' | 'keys'>,
  sessionId: SessionId,
): Promise<TimestampMs | null> {
  if (context.objectStore.retention === null) return null;
  return (await readRegistration(context, sessionId)).retainUntil;
}
