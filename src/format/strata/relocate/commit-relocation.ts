import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../domain/identifiers.ts';
import { pointKey } from '../object/object-keys.ts';
import { sealRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { removeWriter } from '../writer/remove-writer.ts';
import { encodeRelocation, type Relocation } from './relocation.ts';

/**
 * Makes the relocation: from now on readers begin at its roots. Everything that it leads to is
 * durable before. Whoever creates this key first decides, this session or who discards it.
 *
 * @throws SESSION_FENCED when the session was discarded: what it has written is removed then; or when
 *   there is a removal mark for it
 */
export async function commitRelocation(
  context: RepositoryContext,
  relocation: Relocation,
  retainUntil: TimestampMs | null,
): Promise<void> {
  const { sessionId, instanceId } = relocation;
  const { objectStore, catalog } = context;
  const objectKey = pointKey(instanceId, sessionId);
  const sealed = sealRepositoryObject(context, {
    kind: 'relocation',
    objectKey,
    content: encodeRelocation(relocation),
  });
  try {
    await objectStore.create(objectKey, sealed, retainUntil === null ? {} : { retainUntil });
  } catch (error) {
    // Its own success, whose answer was lost, whatever the store says; it may have been replaced since.
    const slot = await catalog.slotOf(instanceId, sessionId).catch(() => null);
    if (slot?.kind === 'relocation' || slot?.kind === 'removed') return;
    if (slot?.kind !== 'tombstone' || !hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    await removeWriter(context, sessionId);
    throw new SnapledgerError(
      'SESSION_FENCED',
      `session ${sessionId} was ended by somebody else, and has moved nothing`,
      { cause: error, remedy: 'Start a new session.', details: { sessionId } },
    );
  }
  // Marked before: the key was free, and nothing that is there counts. What was stored stays, since
  // an earlier relocation of this session may have led others to it.
  if (!(await catalog.isRemoved(instanceId, sessionId))) return;
  throw new SnapledgerError(
    'SESSION_FENCED',
    `what session ${sessionId} says of moved data was removed by somebody else`,
    { remedy: 'Start a new session.', details: { sessionId } },
  );
}
