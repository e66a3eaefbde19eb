import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { PointManifest } from '../../restore-point.ts';
import { wrapJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { removeObjects } from '../object/remove-objects.ts';
import { fenced, invalid } from '../object/refusals.ts';
import { instanceOfPoint, isRemoved, storedPoint } from '../point/point-catalog.ts';
import type { StoredPoint } from '../point/stored-point.ts';
import { fenceMerges } from '../merge/record-merge.ts';
import { closeWriter } from './close-writer.ts';
import { createObject, type RepositoryContext } from '../repository-context.ts';
import { readRegistration } from './registration.ts';

/**
 * Ends a session that will not commit. Whoever creates the point's object first has decided what
 * becomes of it.
 *
 * @throws SESSION_FENCED, INVALID_ARGUMENT
 */
export async function discardWriter(
  context: RepositoryContext,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<PointManifest | null> {
  const { objectStore, envelope } = context;
  const key = objectKeys.point(instanceId, sessionId);
  if ((await objectStore.head(key)) === null) {
    const instanceOfIt = await instanceOfPoint(context, sessionId);
    if (instanceOfIt !== null && instanceOfIt !== instanceId) {
      throw invalid(`the session ${sessionId} is one of another instance`);
    }
    const tombstone: StoredPoint = { kind: 'tombstone' };
    await createObject(context, key, wrapJson(envelope, key, tombstone));
  }
  if (await isRemoved(objectStore, instanceId, sessionId)) throw fenced(sessionId);
  const found = await storedPoint(context, instanceId, sessionId);
  if (found?.kind === 'point') return found.manifest;
  if (found === null) throw fenced(sessionId);
  const registration = await readRegistration(context, sessionId);
  if (registration?.work === 'merge') {
    // Points may have its images already: what nobody needs of it a collection removes.
    await fenceMerges(context, instanceId);
  } else if (registration !== null) {
    await removeObjects(objectStore, objectKeys.parts(sessionId));
    await removeObjects(objectStore, objectKeys.images(sessionId));
  }
  await closeWriter(context, sessionId);
  return null;
}
