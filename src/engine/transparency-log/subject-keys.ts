import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { Field } from '../ledger/length-prefixed.ts';
import { subjectKeyKey } from './log-objects.ts';
import type { LogReadKeys } from './log-keys.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

const keySizeBytes = 32;
const label = 'snapledger/ledger/1/subject-key';

/**
 * The keys that records are sealed with, one for each subject, in `ledger/subjects/`. Random and
 * not derived: when one is destroyed, what was sealed with it cannot be read any more, and the log
 * stays whole.
 */
export class SubjectKeys {
  readonly #objectStore: ObjectStore;
  readonly #keys: LogReadKeys;
  readonly #random: RandomSource;
  /** As many as there are instances and policies, 32 bytes each. */
  readonly #known = new Map<string, Uint8Array>();

  constructor(objectStore: ObjectStore, keys: LogReadKeys, random: RandomSource) {
    this.#objectStore = objectStore;
    this.#keys = keys;
    this.#random = random;
  }

  /** The key of a subject, made if there is none. @throws OBJECT_CORRUPT */
  async obtain(subject: string): Promise<Uint8Array> {
    const known = await this.find(subject);
    if (known !== null) return known;
    const fresh = this.#random.bytes(keySizeBytes);
    const sealed = sealBytes(fresh, this.#keys.readKey, this.#contextOf(subject), this.#random);
    try {
      await this.#objectStore.create(subjectKeyKey(subject), sealed);
    } catch (error) {
      // Whoever came first gave the key, and everybody reads that one.
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
    const made = await this.find(subject);
    if (made !== null) return made;
    throw damaged(subject, 'is gone directly after it was made');
  }

  /** The key of a subject, or null when there is none. @throws OBJECT_CORRUPT */
  async find(subject: string): Promise<Uint8Array | null> {
    const known = this.#known.get(subject);
    if (known !== undefined) return known;
    let sealed: Uint8Array;
    try {
      sealed = await this.#objectStore.get(subjectKeyKey(subject));
    } catch (error) {
      if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return null;
      throw error;
    }
    const key = openBytes(sealed, this.#keys.readKey, this.#contextOf(subject));
    if (key?.length !== keySizeBytes) throw damaged(subject, 'is not what was stored');
    this.#known.set(subject, key);
    return key;
  }

  #contextOf(subject: string): readonly Field[] {
    return [label, this.#keys.signer.name, subject];
  }
}

function damaged(subject: string, how: string): SnapledgerError {
  return new SnapledgerError('OBJECT_CORRUPT', `the ledger's key of '${subject}' ${how}`, {
    remedy: 'Bring the object back from a copy of the repository.',
    details: { objectKey: subjectKeyKey(subject) },
  });
}
