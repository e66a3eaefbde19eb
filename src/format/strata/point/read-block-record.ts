import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import { locationOf } from '../map/map-node-reader.ts';
import type { BlockRef } from '../map/record-ref.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { requiredObject } from '../object/required-object.ts';
import { decodeRecord } from '../record/decode-record.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/** The content of one block, with one ranged get. @throws OBJECT_CORRUPT */
export async function readBlockRecord(
  { objectStore, keys, keyring }: RepositoryContext,
  ref: BlockRef,
  plainLengthBytes: number,
): Promise<Uint8Array> {
  const { offset, lengthBytes } = ref;
  const { sessionId, key } = ref.pack;
  const session = await requiredObject(
    { objectKey: sessionKeyKey(sessionId) },
    keyring.keysOf(sessionId),
  );
  return decodeRecord({
    bytes: await requiredObject(locationOf(ref), objectStore.get(key, { offset, lengthBytes })),
    expected: { kind: 'block', id: ref.id, plainLengthBytes },
    idKey: keys.blockIdKey,
    kindKeyOf: (bytes) =>
      Buffer.compare(bytes, session.sessionIdBytes) === 0 ? session.blockKey : null,
    repositoryIdBytes: keys.repositoryIdBytes,
    location: locationOf(ref),
  });
}

/** The same, or null when it is damaged or lost. */
export async function readBlockIfSound(
  context: RepositoryContext,
  ref: BlockRef,
  plainLengthBytes: number,
): Promise<Uint8Array | null> {
  try {
    return await readBlockRecord(context, ref, plainLengthBytes);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return null;
  }
}
