import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { CreateOptions, ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { retryUnavailable, type RetryContext } from './retry-unavailable.ts';

/** `taken`: the key holds something that is not ours. */
export type CreateOutcome = 'created' | 'taken';

/**
 * Makes an object, with retries. An attempt whose reply was lost may have made it, so a key that
 * is taken is ours when it holds the same bytes: they are sealed under a fresh nonce, and nobody
 * else can have made them.
 *
 * @throws STORE_UNAVAILABLE after the last retry, STORE_FULL
 */
export async function createOnce(
  store: ObjectStore,
  key: ObjectKey,
  bytes: Uint8Array,
  retry: RetryContext,
  options: CreateOptions = {},
): Promise<CreateOutcome> {
  return retryUnavailable(async () => {
    try {
      await store.create(key, bytes, options);
      return 'created';
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
    const info = await store.head(key);
    if (info?.sizeBytes !== bytes.length) return 'taken';
    const present = await store.get(key);
    return Buffer.compare(present, bytes) === 0 ? 'created' : 'taken';
  }, retry);
}
