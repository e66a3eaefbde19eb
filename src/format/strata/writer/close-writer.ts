import type { SessionId } from '../../../domain/identifiers.ts';
import { controlPrefix, registrationKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { removeObjects } from './remove-objects.ts';

/**
 * Removes what the session needed only while it ran: plans, segments and mailbox, and at last the
 * registration, so that an interrupted close is seen and done again. Idempotent.
 */
export async function closeWriter(
  { objectStore }: RepositoryContext,
  sessionId: SessionId,
): Promise<void> {
  await removeObjects(objectStore, controlPrefix(sessionId));
  await objectStore.delete(registrationKey(sessionId));
}
