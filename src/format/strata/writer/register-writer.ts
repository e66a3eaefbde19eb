import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { sessionLockOf } from '../lock/session-lock.ts';
import { pointLockAt } from '../lock/lock-generation.ts';
import { registrationKey } from '../object/object-keys.ts';
import { sealRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { refuseIfRotated } from '../slots/refuse-if-rotated.ts';

/**
 * Makes the session known as a writer, then gives it its data key. In this order, so that nothing
 * of a session is ever in the repository without its registration. Idempotent.
 *
 * @throws MASTER_KEY_ROTATED: no session begins under a key that was replaced
 */
export async function registerWriter(
  context: RepositoryContext,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<void> {
  await refuseIfRotated(context);
  const { objectStore, keyring, clock } = context;
  const { retention } = objectStore;
  const now = clock.now();
  let retainUntil = retention === null ? null : pointLockAt(retention, now).retainUntil;
  const objectKey = registrationKey(sessionId);
  const sealed = sealRepositoryObject(context, {
    kind: 'registration',
    objectKey,
    content: encodeMsgpack({
      registeredAt: now,
      instanceId,
      ...(retainUntil === null ? {} : { retainUntil }),
    }),
  });
  try {
    await objectStore.create(objectKey, sealed);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    // Whoever came first has said until when.
    retainUntil = await sessionLockOf(context, sessionId);
  }
  await keyring.create(sessionId, retainUntil);
}
