import type { OpenWriter } from '../../collection.ts';
import { objectKeys, sessionInKey } from '../object/object-keys.ts';
import { isDamage } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { readRegistration } from '../writer/registration.ts';

/** Ascending by session. */
export async function listOpenWriters(context: RepositoryContext): Promise<readonly OpenWriter[]> {
  const writers: OpenWriter[] = [];
  for await (const { key } of context.objectStore.list(objectKeys.registrations)) {
    const sessionId = sessionInKey(key);
    if (sessionId === null) continue;
    const registration = await readRegistration(context, sessionId).catch((error: unknown) => {
      if (isDamage(error)) return null;
      throw error;
    });
    writers.push({ sessionId, instanceId: registration?.instanceId ?? null });
  }
  return writers;
}
