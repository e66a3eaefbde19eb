import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { readJson, wrapJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { createObject, type RepositoryContext } from '../repository-context.ts';

/** A session that may still make a point, or merge points. */
export interface Registration {
  readonly instanceId: InstanceId;
  readonly work: 'backup' | 'merge';
}

/** Idempotent. */
export async function register(
  context: RepositoryContext,
  sessionId: SessionId,
  registration: Registration,
): Promise<void> {
  const key = objectKeys.registration(sessionId);
  await createObject(context, key, wrapJson(context.envelope, key, registration));
}

/** Null: it is not registered. @throws OBJECT_CORRUPT */
export function readRegistration(
  { objectStore, envelope }: RepositoryContext,
  sessionId: SessionId,
): Promise<Registration | null> {
  return readJson<Registration>(objectStore, envelope, objectKeys.registration(sessionId));
}
