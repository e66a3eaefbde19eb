import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import { BoundedCache } from '../cache/bounded-cache.ts';
import { isUuid } from '../encoding/uuid-bytes.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import {
  instancePointsPrefix,
  parsePointKey,
  pointKey,
  pointsPrefix,
} from '../object/object-keys.ts';
import { openSealed } from '../object/sealed-object.ts';
import { decodeManifest } from './manifest-codec.ts';
import type { StoredPoint } from './stored-point.ts';

const limits = {
  /** Manifests kept in memory; one has some KiB. They never change. */
  cachedManifestsMax: 512,
  /** Points whose instance is remembered. */
  cachedPlacesMax: 100_000,
} as const;

/** What is at the key of a point. */
export type PointSlot =
  | { readonly kind: 'free' }
  /** The session was closed without a point. */
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'point'; readonly point: StoredPoint };

interface DecodedManifest {
  readonly bytes: Uint8Array;
  readonly point: StoredPoint;
}

/** Finds and reads the objects under `points/`. */
export class PointCatalog {
  readonly #objectStore: ObjectStore;
  readonly #keys: RepositoryKeys;
  readonly #manifests = new BoundedCache<ObjectKey, DecodedManifest>(limits.cachedManifestsMax);
  readonly #places = new BoundedCache<PointId, InstanceId>(limits.cachedPlacesMax);

  constructor(objectStore: ObjectStore, keys: RepositoryKeys) {
    this.#objectStore = objectStore;
    this.#keys = keys;
  }

  /** What is at this session's point now. @throws OBJECT_CORRUPT */
  async slotOf(instanceId: InstanceId, pointId: PointId): Promise<PointSlot> {
    const objectKey = pointKey(instanceId, pointId);
    let bytes: Uint8Array;
    try {
      bytes = await this.#objectStore.get(objectKey);
    } catch (error) {
      if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return { kind: 'free' };
      throw error;
    }
    const known = this.#manifests.get(objectKey);
    // What was sound once says nothing about what is stored now.
    if (known !== undefined && Buffer.compare(known.bytes, bytes) === 0) {
      return { kind: 'point', point: known.point };
    }
    const { kind, content } = openSealed({
      bytes,
      kinds: ['manifest', 'tombstone'],
      objectKey,
      key: this.#keys.manifestKey,
      repositoryIdBytes: this.#keys.repositoryIdBytes,
    });
    if (kind === 'tombstone') return { kind };
    const point = decodeManifest(content, { objectKey });
    if (point.manifest.pointId !== pointId || point.manifest.instanceId !== instanceId) {
      throw objectCorrupt({ objectKey }, 'the manifest is that of another point');
    }
    this.#manifests.set(objectKey, { bytes, point });
    this.#places.set(pointId, instanceId);
    return { kind: 'point', point };
  }

  /** The point if it was read not long ago; it may have been removed since. */
  recentlyRead(instanceId: InstanceId, pointId: PointId): StoredPoint | null {
    return this.#manifests.get(pointKey(instanceId, pointId))?.point ?? null;
  }

  /** @throws UNKNOWN_POINT, OBJECT_CORRUPT */
  async read(pointId: PointId): Promise<StoredPoint> {
    const instanceId = this.#places.get(pointId) ?? (await this.instanceOf(pointId));
    const slot = instanceId === null ? null : await this.slotOf(instanceId, pointId);
    if (slot?.kind === 'point') return slot.point;
    throw new SnapledgerError('UNKNOWN_POINT', `there is no restore point ${pointId}`, {
      remedy: "'snapledger points' lists those that there are.",
      details: { pointId },
    });
  }

  /** The instance under which the session has a point or a tombstone; null when it has none. */
  async instanceOf(pointId: PointId): Promise<InstanceId | null> {
    if (!isUuid(pointId)) return null;
    for await (const place of this.places()) {
      if (place.pointId === pointId) return place.instanceId;
    }
    return null;
  }

  /** All keys of points, tombstones included, in the order of the keys. */
  async *places(
    instanceId?: InstanceId,
  ): AsyncGenerator<{ readonly instanceId: InstanceId; readonly pointId: PointId }> {
    const prefix = instanceId === undefined ? pointsPrefix : instancePointsPrefix(instanceId);
    for await (const { key } of this.#objectStore.list(prefix)) {
      const place = parsePointKey(key);
      if (place !== null) yield place;
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#manifests.clear();
    this.#places.clear();
  }
}
