import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { OpenWriter } from '../../collection.ts';
import { parseRegistrationKey, pointKey, registrationsPrefix } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { readRegistration } from '../writer/read-registration.ts';

/** The sessions that are registered and have not ended, without a look at any data. */
export async function openWriters(context: RepositoryContext): Promise<readonly OpenWriter[]> {
  const open: OpenWriter[] = [];
  for await (const { key } of context.objectStore.list(registrationsPrefix)) {
    const sessionId = parseRegistrationKey(key);
    if (sessionId === null) continue;
    const writer = await registeredWriter(context, sessionId);
    if (writer !== null && !(await hasEnded(context, writer))) open.push(writer);
  }
  return open;
}

/** Null when it was closed since it was listed. */
export async function registeredWriter(
  context: RepositoryContext,
  sessionId: SessionId,
): Promise<OpenWriter | null> {
  try {
    const { instanceId } = await readRegistration(context, sessionId);
    return { sessionId, instanceId };
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return null;
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return { sessionId, instanceId: null };
  }
}

async function hasEnded(
  { objectStore, catalog }: RepositoryContext,
  { sessionId, instanceId }: OpenWriter,
): Promise<boolean> {
  if (instanceId === null) return (await catalog.instanceOf(sessionId)) !== null;
  if ((await objectStore.head(pointKey(instanceId, sessionId))) !== null) return true;
  return await catalog.isRemoved(instanceId, sessionId);
}
