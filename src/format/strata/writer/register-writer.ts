import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { registrationKey } from '../object/object-keys.ts';
import { sealedNonceSizeBytes, sealObject } from '../object/sealed-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/**
 * Makes the session known as a writer, then gives it its data key. In this order, so that nothing
 * of a session is ever in the repository without its registration. Idempotent.
 */
export async function registerWriter(
  { objectStore, keys, keyring, random, clock }: RepositoryContext,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<void> {
  const objectKey = registrationKey(sessionId);
  const sealed = sealObject({
    kind: 'registration',
    objectKey,
    key: keys.sessionWrapKey,
    repositoryIdBytes: keys.repositoryIdBytes,
    nonce: random.bytes(sealedNonceSizeBytes),
    content: encodeMsgpack({ registeredAt: clock.now(), instanceId }),
  });
  try {
    await objectStore.create(objectKey, sealed);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
  await keyring.create(sessionId);
}
