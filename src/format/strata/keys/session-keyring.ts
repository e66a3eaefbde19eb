import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { openRepositoryObject, sealRepositoryObject } from '../object/repository-object.ts';
import { sealedEpochOf } from '../object/sealed-object.ts';
import type { RepositoryKeys } from './repository-keys.ts';
import { keySizeBytes } from './repository-keys.ts';
import type { SessionKeys } from './session-keys.ts';
import { deriveSessionKeys } from './session-keys.ts';

/** Sessions whose keys are kept in memory: some 300 bytes each. */
const cachedSessionsMax = 4096;

interface SessionSecrets {
  /** Of the master key under which the session began. */
  readonly epoch: number;
  readonly dataKey: Uint8Array;
  readonly keys: SessionKeys;
}

/** The data keys of sessions, as they are sealed in `keys/<session>`. */
export class SessionKeyring {
  readonly #objectStore: ObjectStore;
  readonly #repositoryKeys: RepositoryKeys;
  readonly #random: RandomSource;
  readonly #cache = new BoundedCache<SessionId, SessionSecrets>(cachedSessionsMax);

  constructor(objectStore: ObjectStore, repositoryKeys: RepositoryKeys, random: RandomSource) {
    this.#objectStore = objectStore;
    this.#repositoryKeys = repositoryKeys;
    this.#random = random;
  }

  /** Gives the session a data key unless it has one. Null: under no lock. */
  async create(sessionId: SessionId, retainUntil: TimestampMs | null): Promise<void> {
    const objectKey = sessionKeyKey(sessionId);
    const sealed = sealRepositoryObject(
      { keys: this.#repositoryKeys, random: this.#random },
      { kind: 'session-key', objectKey, content: this.#random.bytes(keySizeBytes) },
    );
    try {
      await this.#objectStore.create(
        objectKey,
        sealed,
        retainUntil === null ? {} : { retainUntil },
      );
    } catch (error) {
      // Whoever came first gave the key, and everybody reads that one.
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
  }

  /** @throws OBJECT_NOT_FOUND when the session has no key, OBJECT_CORRUPT */
  async keysOf(sessionId: SessionId): Promise<SessionKeys> {
    return (await this.#secretsOf(sessionId)).keys;
  }

  /** D_s itself, for a grant. @throws OBJECT_NOT_FOUND, OBJECT_CORRUPT */
  async dataKeyOf(sessionId: SessionId): Promise<Uint8Array> {
    return (await this.#secretsOf(sessionId)).dataKey;
  }

  /**
   * The epoch of the master key under which the session began; whoever goes on with it needs it.
   *
   * @throws OBJECT_NOT_FOUND, OBJECT_CORRUPT
   */
  async epochOf(sessionId: SessionId): Promise<number> {
    return (await this.#secretsOf(sessionId)).epoch;
  }

  /** Forgets all keys. */
  clear(): void {
    this.#cache.clear();
  }

  /** Forgets one session's keys. */
  forget(sessionId: SessionId): void {
    this.#cache.delete(sessionId);
  }

  async #secretsOf(sessionId: SessionId): Promise<SessionSecrets> {
    const known = this.#cache.get(sessionId);
    if (known !== undefined) return known;
    const objectKey = sessionKeyKey(sessionId);
    const bytes = await this.#objectStore.get(objectKey);
    const { content } = await openRepositoryObject(
      { objectStore: this.#objectStore, keys: this.#repositoryKeys },
      { bytes, kinds: ['session-key'], objectKey },
    );
    if (content.length !== keySizeBytes) {
      throw objectCorrupt({ objectKey }, `a data key of ${content.length} bytes cannot be`);
    }
    const keys = deriveSessionKeys(sessionId, content);
    const secrets = { epoch: sealedEpochOf(bytes), dataKey: content, keys };
    this.#cache.set(sessionId, secrets);
    return secrets;
  }
}
