import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { parseRelocationClaimKey, relocationsPrefix } from '../object/object-keys.ts';
import { openRepositoryObject } from '../object/repository-object.ts';

interface ClaimContext {
  readonly objectStore: ObjectStore;
  readonly keys: RepositoryKeys;
}

/**
 * Whether the session has claimed to move data, so that what it has left under `points/` is no point,
 * even when that cannot be read. Only an authentic claim says so.
 */
export async function hasClaimed(
  context: ClaimContext,
  instanceId: InstanceId,
  sessionId: SessionId,
): Promise<boolean> {
  for await (const { key } of context.objectStore.list(relocationsPrefix(instanceId))) {
    if (parseRelocationClaimKey(key)?.sessionId !== sessionId) continue;
    if (await isAuthentic(context, key)) return true;
  }
  return false;
}

async function isAuthentic(context: ClaimContext, objectKey: ObjectKey): Promise<boolean> {
  try {
    const bytes = await context.objectStore.get(objectKey);
    await openRepositoryObject(context, { bytes, objectKey, kinds: ['relocation-claim'] });
    return true;
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND', 'OBJECT_CORRUPT')) throw error;
    return false;
  }
}
