import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../../../ports/object-store.ts';
import type { RandomSource } from '../../../../ports/random-source.ts';
import { type TrialOutcome, untried } from './trial.ts';

/**
 * Tries the bucket on an object of its own, which is made, read, listed and removed again: S3 knows
 * no dry runs. By the names of the commands.
 */
export async function tryStore(
  objectStore: ObjectStore,
  random: RandomSource,
): Promise<Readonly<Record<string, TrialOutcome>>> {
  const key = `control/check-${random.uuid()}/object` as ObjectKey;
  const listing = await attempt(() => Array.fromAsync(objectStore.list(key)));
  const writing = await attempt(() => objectStore.create(key, new TextEncoder().encode('check')));
  if (writing.kind !== 'allowed') {
    const rest = untried('no object could be made to try it on');
    return {
      ListObjectsV2: listing,
      PutObject: writing,
      GetObject: rest,
      HeadObject: rest,
      DeleteObject: rest,
    };
  }
  return {
    ListObjectsV2: listing,
    PutObject: writing,
    GetObject: await attempt(() => objectStore.get(key)),
    HeadObject: await attempt(() => objectStore.head(key)),
    DeleteObject: await attempt(() => objectStore.delete(key)),
  };
}

async function attempt(work: () => Promise<unknown>): Promise<TrialOutcome> {
  try {
    await work();
    return { kind: 'allowed' };
  } catch (error) {
    if (hasErrorCode(error, 'STORE_ACCESS_DENIED')) return { kind: 'missing', said: error.message };
    throw error;
  }
}
