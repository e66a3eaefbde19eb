import type { InstanceId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { packsPrefix, relocationClaimKey, sessionKeyKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { extendAll } from './retain-needs.ts';
import { sessionLockOf } from './session-lock.ts';

export interface MovedData {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  /** The number of the session's claim. */
  readonly claim: number;
  /** The latest date of what the moved points need. */
  readonly retainedUntil: TimestampMs | null;
}

/**
 * Sees to it that what points are to need in its new place is locked for as long as in its old one.
 *
 * @returns until when the relocation itself is to be locked; null: not
 */
export async function retainMoved(
  context: RepositoryContext,
  { sessionId, instanceId, claim, retainedUntil }: MovedData,
): Promise<TimestampMs | null> {
  const { objectStore } = context;
  const { retention } = objectStore;
  if (retention === null) return null;
  const own = (await sessionLockOf(context, sessionId)) ?? (0 as TimestampMs);
  const until = retainedUntil === null || retainedUntil < own ? own : retainedUntil;
  if (until === 0) return null;
  const keys: ObjectKey[] = [relocationClaimKey({ instanceId, sessionId, number: claim })];
  if (own < until) {
    keys.push(sessionKeyKey(sessionId));
    for await (const { key } of objectStore.list(packsPrefix(sessionId))) keys.push(key);
  }
  await extendAll(retention, keys, until);
  return until;
}
