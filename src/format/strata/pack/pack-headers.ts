import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import type { PackRef } from '../map/record-ref.ts';
import { encodePackHeader, packHeaderSizeBytes, type PackKind } from './pack-header.ts';

/** Packs whose headers are remembered, some 100 bytes each: the packs of 1.5 TiB. */
const cachedPacksMax = 100_000;

export const packHeaderRange = { offset: 0, lengthBytes: packHeaderSizeBytes } as const;

/**
 * Whether packs begin as they must. No record is found by its pack's header, so a restore does not
 * see the damage; but a repository whose maps are lost is put together from the packs alone.
 */
export class PackHeaders {
  readonly #objectStore: ObjectStore;
  readonly #repositoryId: RepositoryId;
  readonly #problems = new BoundedCache<ObjectKey, string | null>(cachedPacksMax);

  constructor(objectStore: ObjectStore, repositoryId: RepositoryId) {
    this.#objectStore = objectStore;
    this.#repositoryId = repositoryId;
  }

  /**
   * What is wrong with the header of a pack that holds records of this kind, or null. A pack that
   * is missing or has no room for a header is told by whoever looks for its records.
   *
   * @throws STORE_UNAVAILABLE
   */
  async problemOf(pack: PackRef, kind: PackKind): Promise<string | null> {
    const known = this.#problems.get(pack.key);
    if (known !== undefined) return known;
    const problem = await this.#look(pack, kind);
    this.#problems.set(pack.key, problem);
    return problem;
  }

  async #look({ key, sessionId }: PackRef, kind: PackKind): Promise<string | null> {
    const expected = encodePackHeader(kind, this.#repositoryId, sessionId);
    try {
      const found = await this.#objectStore.get(key, packHeaderRange);
      if (Buffer.compare(found, expected) === 0) return null;
      return `the header of the pack is not that of a ${kind} pack of its session and repository`;
    } catch (error) {
      if (hasErrorCode(error, 'OBJECT_NOT_FOUND', 'OBJECT_RANGE')) return null;
      throw error;
    }
  }
}
