import type { SessionId } from '../../../domain/identifiers.ts';
import { removeUnlessHeld } from '../lock/remove-unless-held.ts';
import { packsPrefix, sessionKeyKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { closeWriter } from './close-writer.ts';
import { removeObjects } from './remove-objects.ts';

/**
 * Removes everything of a session whose tombstone is there, but what is held, which a collection comes back for: no
 * point can refer to it any more.
 * The registration goes last, so that an interrupted removal is seen and done again. Idempotent.
 */
export async function removeWriter(
  context: RepositoryContext,
  sessionId: SessionId,
): Promise<void> {
  const { objectStore, keyring } = context;
  await removeObjects(objectStore, packsPrefix(sessionId));
  await removeUnlessHeld(objectStore, sessionKeyKey(sessionId));
  keyring.forget(sessionId);
  await closeWriter(context, sessionId);
}
