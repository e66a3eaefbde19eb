import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import { registrationKey } from '../object/object-keys.ts';
import { openSealed } from '../object/sealed-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/** Whose session it is; null for one that registered before registrations said so. */
export interface Registration {
  readonly instanceId: InstanceId | null;
}

/** @throws OBJECT_NOT_FOUND when the session has been closed, OBJECT_CORRUPT */
export async function readRegistration(
  { objectStore, keys }: Pick<RepositoryContext, 'objectStore' | 'keys'>,
  sessionId: SessionId,
): Promise<Registration> {
  const objectKey = registrationKey(sessionId);
  const { content } = openSealed({
    bytes: await objectStore.get(objectKey),
    kinds: ['registration'],
    objectKey,
    key: keys.sessionWrapKey,
    repositoryIdBytes: keys.repositoryIdBytes,
  });
  const fields = StoredFields.decode(content, { objectKey });
  fields.count('registeredAt');
  return { instanceId: fields.laterText('instanceId') as InstanceId | null };
}
