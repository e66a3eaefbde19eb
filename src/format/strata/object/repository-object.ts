import { assert } from '../../../domain/errors/assert.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { EpochKeys, RepositoryKeys } from '../keys/repository-keys.ts';
import { refuseIfRotated } from '../slots/refuse-if-rotated.ts';
import {
  openSealed,
  sealedEpochOf,
  type SealedKind,
  sealedNonceSizeBytes,
  sealObject,
} from './sealed-object.ts';

/** The kinds of sealed objects that are under a master key, and not under a session's key. */
export type RepositorySealedKind = Exclude<SealedKind, 'plan-page' | 'plan-summary' | 'segment'>;

/** Seals an object under the newest master key. */
export function sealRepositoryObject(
  { keys, random }: { readonly keys: RepositoryKeys; readonly random: RandomSource },
  object: {
    readonly kind: RepositorySealedKind;
    readonly objectKey: ObjectKey;
    readonly content: Uint8Array;
  },
): Uint8Array {
  const epoch = keys.epochs.length - 1;
  const epochKeys = keys.epochs[epoch];
  assert(epochKeys !== undefined, 'a repository has a master key');
  return sealObject({
    ...object,
    epoch,
    key: keyOf(epochKeys, object.kind),
    repositoryIdBytes: keys.repositoryIdBytes,
    nonce: random.bytes(sealedNonceSizeBytes),
  });
}

/**
 * Opens an object under the master key that it names.
 *
 * @throws OBJECT_CORRUPT; MASTER_KEY_ROTATED when it is under one that was made since the repository
 *   was opened
 */
export async function openRepositoryObject<Kind extends RepositorySealedKind>(
  context: { readonly keys: RepositoryKeys; readonly objectStore: ObjectStore },
  object: {
    readonly bytes: Uint8Array;
    /** The kinds that may be in this place, all under the same key. */
    readonly kinds: readonly [Kind, ...(readonly Kind[])];
    readonly objectKey: ObjectKey;
  },
): Promise<{ readonly kind: Kind; readonly content: Uint8Array }> {
  const { keys } = context;
  const named = sealedEpochOf(object.bytes);
  const isKnown = named < keys.epochs.length;
  if (!isKnown) await refuseIfRotated(context);
  const epoch = isKnown ? named : 0;
  const epochKeys = keys.epochs[epoch];
  assert(epochKeys !== undefined, 'a repository has a master key');
  const key = keyOf(epochKeys, object.kinds[0]);
  return openSealed({ ...object, epoch, key, repositoryIdBytes: keys.repositoryIdBytes });
}

function keyOf(keys: EpochKeys, kind: RepositorySealedKind): Uint8Array {
  switch (kind) {
    case 'session-key':
    case 'registration':
      return keys.sessionWrapKey;
    case 'manifest':
    case 'tombstone':
    case 'removal-mark':
    case 'generation':
    case 'relocation':
    case 'relocation-claim':
      return keys.manifestKey;
  }
}
