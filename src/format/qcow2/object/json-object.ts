import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { Envelope } from './envelope.ts';

/** The bytes of an object that says something in JSON. */
export function wrapJson(envelope: Envelope, key: ObjectKey, content: object): Uint8Array {
  return envelope.wrap(key, Buffer.from(`${JSON.stringify(content)}\n`));
}

/**
 * What `wrapJson` was given. That it is a `T` follows from its being authentic: nobody else makes one
 * of this name.
 *
 * @throws OBJECT_CORRUPT
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- who asks says what is there
export function unwrapJson<T>(envelope: Envelope, key: ObjectKey, bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(envelope.unwrap(key, bytes)).toString('utf8')) as T;
}

/** The same of an object in a store; null when there is none. @throws OBJECT_CORRUPT */
export async function readJson<T>(
  objectStore: Pick<ObjectStore, 'get'>,
  envelope: Envelope,
  key: ObjectKey,
): Promise<T | null> {
  const bytes = await objectIfAny(objectStore, key);
  return bytes === null ? null : unwrapJson<T>(envelope, key, bytes);
}

export async function objectIfAny(
  objectStore: Pick<ObjectStore, 'get'>,
  key: ObjectKey,
): Promise<Uint8Array | null> {
  try {
    return await objectStore.get(key);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    return null;
  }
}
