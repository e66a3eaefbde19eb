import {
  hasErrorCode,
  isSnapledgerError,
  SnapledgerError,
} from '../../../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../../ports/object-store.ts';
import type { RandomSource } from '../../../../ports/random-source.ts';
import { type TrialOutcome, untried } from './trial.ts';

/** What is locked first of all by a repository of the native format, the only one that locks anything. */
const lockedHeaderKey = 'strata' as ObjectKey;

/**
 * Tries the bucket on an object of its own, which is made, read, listed and removed again: S3 knows
 * no dry runs. By the names of the commands. Whatever error comes between, nothing of it stays.
 *
 * @throws what has nothing to do with permissions
 */
export async function tryStore(
  objectStore: ObjectStore,
  random: RandomSource,
): Promise<Readonly<Record<string, TrialOutcome>>> {
  const key = `control/check-${random.uuid()}/object` as ObjectKey;
  const list = (): Promise<TrialOutcome> => attempt(() => Array.fromAsync(objectStore.list(key)));
  const remove = (): Promise<TrialOutcome> => attempt(() => objectStore.delete(key));
  const locks = await tryLocks(objectStore);
  try {
    const PutObject = await attempt(() =>
      objectStore.create(key, new TextEncoder().encode('check')),
    );
    if (PutObject.kind !== 'allowed') {
      const rest = untried('no object could be made to try it on');
      return {
        PutObject,
        GetObject: rest,
        HeadObject: rest,
        ListObjectsV2: await list(),
        DeleteObject: rest,
        ...locks,
      };
    }
    const GetObject = await attempt(() => objectStore.get(key));
    const HeadObject = await attempt(() => objectStore.head(key));
    const ListObjectsV2 = await list();
    const DeleteObject = await remove();
    return { PutObject, GetObject, HeadObject, ListObjectsV2, DeleteObject, ...locks };
  } catch (error) {
    // Also when nobody knows whether it was made.
    const [removed] = await Promise.allSettled([remove()]);
    const isGone = removed.status === 'fulfilled' && removed.value.kind === 'allowed';
    throw isGone ? error : withLeftOver(error, key);
  }
}

/** On the header of the repository, whose lock each backup prolongs: by a second, as what is not longer asks for nothing. */
async function tryLocks(objectStore: ObjectStore): Promise<Readonly<Record<string, TrialOutcome>>> {
  const { retention } = objectStore;
  if (retention === null) return {};
  const ListObjectVersions = await attempt(() =>
    Array.fromAsync(objectStore.list(lockedHeaderKey)),
  );
  const PutObjectRetention = await attemptOr(async () => {
    const until = await retention.heldUntil(lockedHeaderKey);
    if (until === null) return untried('nothing is locked before the first backup');
    await retention.extend(lockedHeaderKey, (until + 1000) as TimestampMs);
    return allowed;
  });
  return { ListObjectVersions, PutObjectRetention };
}

function withLeftOver(error: unknown, key: ObjectKey): unknown {
  if (!isSnapledgerError(error)) return error;
  const { code, message, retry, details, remedy = '' } = error;
  return new SnapledgerError(code, message, {
    cause: error,
    retry,
    remedy: `${remedy} Remove what may be left of the trial: ${key}.`.trim(),
    details,
  });
}

const allowed: TrialOutcome = { kind: 'allowed' };

function attempt(work: () => Promise<unknown>): Promise<TrialOutcome> {
  return attemptOr(async () => {
    await work();
    return allowed;
  });
}

async function attemptOr(work: () => Promise<TrialOutcome>): Promise<TrialOutcome> {
  try {
    return await work();
  } catch (error) {
    if (hasErrorCode(error, 'STORE_ACCESS_DENIED')) return { kind: 'missing', said: error.message };
    throw error;
  }
}
