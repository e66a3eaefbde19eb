import type { InstanceId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import { registrationKey } from '../object/object-keys.ts';
import { openRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/** What is said of a session when it begins. Whose it is: null for one that registered before registrations said so. */
export interface Registration {
  readonly instanceId: InstanceId | null;
  /** Until when all is locked that the session stores; null: it is not. */
  readonly retainUntil: TimestampMs | null;
}

/** @throws OBJECT_NOT_FOUND when the session has been closed, OBJECT_CORRUPT */
export async function readRegistration(
  context: Pick<RepositoryContext, 'objectStore' | 'keys'>,
  sessionId: SessionId,
): Promise<Registration> {
  const objectKey = registrationKey(sessionId);
  const bytes = await context.objectStore.get(objectKey);
  const { content } = await openRepositoryObject(context, {
    bytes,
    objectKey,
    kinds: ['registration'],
  });
  const fields = StoredFields.decode(content, { objectKey });
  fields.count('registeredAt');
  return {
    instanceId: fields.laterText('instanceId') as InstanceId | null,
    retainUntil: fields.laterCount('retainUntil') as TimestampMs | null,
  };
}
