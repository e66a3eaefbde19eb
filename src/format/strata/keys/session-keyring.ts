import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { BoundedCache } from '../cache/bounded-cache.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { openSealed, sealedNonceSizeBytes, sealObject } from '../object/sealed-object.ts';
import type { RepositoryKeys } from './repository-keys.ts';
import { keySizeBytes } from './repository-keys.ts';
import type { SessionKeys } from './session-keys.ts';
import { deriveSessionKeys } from './session-keys.ts';

/** Sessions whose keys are kept in memory: some 300 bytes each. */
const cachedSessionsMax = 4096;

interface SessionSecrets {
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

  /** Gives the session a data key unless it has one. */
  async create(sessionId: SessionId): Promise<void> {
    const objectKey = sessionKeyKey(sessionId);
    const sealed = sealObject({
      kind: 'session-key',
      objectKey,
      key: this.#repositoryKeys.sessionWrapKey,
      repositoryIdBytes: this.#repositoryKeys.repositoryIdBytes,
      nonce: this.#random.bytes(sealedNonceSizeBytes),
      content: this.#random.bytes(keySizeBytes),
    });
    try {
      await this.#objectStore.create(objectKey, sealed);
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
    const { content } = openSealed({
      bytes: await this.#objectStore.get(objectKey),
      kinds: ['session-key'],
      objectKey,
      key: this.#repositoryKeys.sessionWrapKey,
      repositoryIdBytes: this.#repositoryKeys.repositoryIdBytes,
    });
    if (content.length !== keySizeBytes) {
      throw objectCorrupt({ objectKey }, `a data key of ${content.length} bytes cannot be`);
    }
    const secrets = { dataKey: content, keys: deriveSessionKeys(sessionId, content) };
    this.#cache.set(sessionId, secrets);
    return secrets;
  }
}
