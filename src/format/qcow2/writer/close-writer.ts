import type { SessionId } from '../../../domain/identifiers.ts';
import { objectKeys } from '../object/object-keys.ts';
import { removeObjects } from '../object/remove-objects.ts';
import type { RepositoryContext } from '../repository-context.ts';

/** Removes what a session needed only while it ran: the registration last, which says that it may. */
export async function closeWriter(
  { objectStore }: Pick<RepositoryContext, 'objectStore'>,
  sessionId: SessionId,
): Promise<void> {
  await removeObjects(objectStore, objectKeys.control(sessionId));
  await objectStore.delete(objectKeys.registration(sessionId));
}
