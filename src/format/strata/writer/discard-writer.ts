import type { PointManifest } from '../../restore-point.ts';
import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { pointKey } from '../object/object-keys.ts';
import { pointRemoved } from '../point/point-removed.ts';
import { sealRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { removeWriter } from './remove-writer.ts';

/**
 * Ends a session that will not commit. The tombstone comes first: from then on nobody can make
 * its point, so nothing can refer to what is removed next. Idempotent.
 *
 * @returns the point when it turns out to be committed; then nothing is removed.
 * @throws INVALID_ARGUMENT when the session belongs to another instance; SESSION_FENCED when its point
 *   was committed and removed since; OBJECT_CORRUPT
 */
export async function discardWriter(
  context: RepositoryContext,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<PointManifest | null> {
  const { catalog } = context;
  const committedTo = await catalog.instanceOf(sessionId);
  if (committedTo !== null && committedTo !== instanceId) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `session ${sessionId} is one of instance ${committedTo}, not of ${instanceId}`,
      { remedy: 'Discard it with its own instance; nothing was removed.' },
    );
  }
  const committed = await fence(context, sessionId, instanceId);
  if (committed !== null) return committed;
  await removeWriter(context, sessionId);
  return null;
}

/** Creates the tombstone, unless there is one; gives the point when that came first. */
async function fence(
  context: RepositoryContext,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<PointManifest | null> {
  const { objectStore, catalog, clock } = context;
  const objectKey = pointKey(instanceId, sessionId);
  const tombstone = sealRepositoryObject(context, {
    kind: 'tombstone',
    objectKey,
    content: encodeMsgpack({ discardedAt: clock.now() }),
  });
  try {
    await objectStore.create(objectKey, tombstone);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
  // Also after creating it: the key is free when the session's point was removed.
  const slot = await catalog.slotOf(instanceId, sessionId);
  switch (slot.kind) {
    case 'point':
      return slot.point.manifest;
    case 'tombstone':
      return null;
    case 'removed':
      throw pointRemoved(sessionId);
    case 'relocation':
      throw new SnapledgerError('SESSION_FENCED', `session ${sessionId} has moved data for good`, {
        remedy: 'Nothing is to be discarded: points need what it has stored.',
      });
    case 'free':
      // Somebody removes points at this moment; removing data on such ground is not safe.
      throw new SnapledgerError('SESSION_FENCED', `the point of ${sessionId} is being removed`, {
        retry: 'retryable',
        remedy: 'Try again.',
      });
  }
}
