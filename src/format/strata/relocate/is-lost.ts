import type { RepositoryContext } from '../repository/repository-context.ts';
import { registrationKey } from '../object/object-keys.ts';
import type { ClaimedRelocation } from './relocations-of.ts';

/**
 * Whether the relocation of an undecided claim was there and is gone. A session that has claimed is registered
 * until its relocation, or a tombstone, is in its place; and where either is removed its mark comes first.
 */
export async function isLost(
  { objectStore, catalog }: RepositoryContext,
  { instanceId, sessionId, state }: ClaimedRelocation,
): Promise<boolean> {
  if (state !== 'undecided') return false;
  // In this order: the registration goes last.
  if ((await objectStore.head(registrationKey(sessionId))) !== null) return false;
  return (await catalog.slotOf(instanceId, sessionId)).kind === 'free';
}
