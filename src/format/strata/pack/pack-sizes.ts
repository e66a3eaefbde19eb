import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import { packsPrefix } from '../object/object-keys.ts';
import type { PackRef, RecordRef } from '../map/record-ref.ts';
import { packHeaderSizeBytes } from './pack-header.ts';

/** Packs whose sizes are kept: some 100 bytes each. */
const cachedPacksMax = 1_000_000;

/**
 * Which packs exist and how large they are, from one listing of each session: a missing or
 * truncated pack is found without a request for it.
 */
export class PackSizes {
  readonly #objectStore: ObjectStore;
  readonly #sessions = new BoundedCache<SessionId, ReadonlyMap<string, number>>(cachedPacksMax);

  constructor(objectStore: ObjectStore) {
    this.#objectStore = objectStore;
  }

  /** How large the pack is, or null when it is missing. */
  async sizeOf({ sessionId, key }: PackRef): Promise<number | null> {
    const sizes = this.#sessions.get(sessionId) ?? (await this.#list(sessionId));
    return sizes.get(key) ?? null;
  }

  /** Why the record cannot be where the reference says, or null when its pack is large enough. */
  async problemOf(ref: RecordRef): Promise<string | null> {
    return problemInPack(ref, await this.sizeOf(ref.pack));
  }

  async #list(sessionId: SessionId): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for await (const { key, sizeBytes } of this.#objectStore.list(packsPrefix(sessionId))) {
      sizes.set(key, sizeBytes);
    }
    // The session being looked at always stays, or each question would list it again.
    this.#sessions.set(sessionId, sizes, Math.min(sizes.size + 1, cachedPacksMax));
    return sizes;
  }
}

/** Why the record cannot be in a pack of that size (null: a pack that is missing), or null. */
export function problemInPack(
  { offset, lengthBytes }: RecordRef,
  packSizeBytes: number | null,
): string | null {
  if (packSizeBytes === null) return 'the pack is missing';
  if (offset < packHeaderSizeBytes) return 'the record would begin in the header of the pack';
  return offset + lengthBytes > packSizeBytes
    ? `the pack ends at byte ${packSizeBytes}, before the end of the record`
    : null;
}
