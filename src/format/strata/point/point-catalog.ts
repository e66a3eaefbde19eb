import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import { isUuid } from '../encoding/uuid-bytes.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import {
  instancePointsPrefix,
  parsePointKey,
  pointKey,
  pointsPrefix,
  relocationClaimKey,
  removalMarkKey,
} from '../object/object-keys.ts';
import { openRepositoryObject } from '../object/repository-object.ts';
import { decodeRelocation, type Relocation } from '../relocate/relocation.ts';
import { hasClaimed } from '../relocate/has-claimed.ts';
import { type InstanceRelocations, relocationsOf } from '../relocate/relocations-of.ts';
import { soundRoots } from '../relocate/sound-roots.ts';
import { isLocked } from '../lock/lock-generation.ts';
import { currentPoint, type CurrentPoint } from './current-point.ts';
import { decodeManifest } from './manifest-codec.ts';
import type { StoredPoint } from './stored-point.ts';

const limits = {
  /** Manifests kept in memory; one has some KiB. They never change. */
  cachedManifestsMax: 512,
  /** Points whose instance is remembered. */
  cachedPlacesMax: 100_000,
} as const;

/** What a point is. */
export type PointSlot =
  | { readonly kind: 'free' }
  /** The session was closed without a point. */
  | { readonly kind: 'tombstone' }
  /** There was a point, whose records other points may still refer to. */
  | { readonly kind: 'removed' }
  /** The session has moved what points need, and made none. */
  | { readonly kind: 'relocation'; readonly relocation: Relocation }
  /** With the roots of its manifest. */
  | { readonly kind: 'point'; readonly point: StoredPoint };

interface PointPlace {
  readonly instanceId: InstanceId;
  readonly pointId: PointId;
}

interface DecodedManifest {
  readonly bytes: Uint8Array;
  readonly point: StoredPoint;
}

/** Finds and reads the objects under `points/`. */
export class PointCatalog {
  readonly #objectStore: ObjectStore;
  readonly #keys: RepositoryKeys;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #manifests = new BoundedCache<ObjectKey, DecodedManifest>(limits.cachedManifestsMax);
  readonly #places = new BoundedCache<PointId, InstanceId>(limits.cachedPlacesMax);

  constructor(objectStore: ObjectStore, keys: RepositoryKeys, clock: Pick<Clock, 'now'>) {
    this.#objectStore = objectStore;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** What this session's point is now, for who writes: a removal mark counts at once. @throws OBJECT_CORRUPT */
  async slotOf(instanceId: InstanceId, pointId: PointId): Promise<PointSlot> {
    const slot = await this.unmarkedSlotOf(instanceId, pointId);
    // In this order: the mark is made before the manifest goes.
    return (await this.isRemoved(instanceId, pointId)) ? { kind: 'removed' } : slot;
  }

  async isRemoved(instanceId: InstanceId, pointId: PointId): Promise<boolean> {
    return (await this.#objectStore.head(removalMarkKey(instanceId, pointId))) !== null;
  }

  /**
   * Whether a point with a removal mark exists all the same: before its date none counts. Anybody who may create
   * objects can make a mark, and no engine does before.
   */
  async isMarkedInVain(instanceId: InstanceId, pointId: PointId): Promise<boolean> {
    try {
      const slot = await this.unmarkedSlotOf(instanceId, pointId);
      return slot.kind === 'point' && isLocked(slot.point.manifest, this.#clock.now());
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
      return false;
    }
  }

  /** What is at the key of a point of which `places` told just now. @throws OBJECT_CORRUPT */
  async unmarkedSlotOf(
    instanceId: InstanceId,
    pointId: PointId,
  ): Promise<Exclude<PointSlot, { readonly kind: 'removed' }>> {
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
    const { kind, content } = await openRepositoryObject(
      { objectStore: this.#objectStore, keys: this.#keys },
      { bytes, kinds: ['manifest', 'tombstone', 'relocation'], objectKey },
    );
    if (kind === 'tombstone') return { kind };
    if (kind === 'relocation') {
      const relocation = decodeRelocation(content, { objectKey });
      if (relocation.sessionId !== pointId || relocation.instanceId !== instanceId) {
        throw objectCorrupt({ objectKey }, 'the relocation is that of another session');
      }
      return { kind, relocation };
    }
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

  /** Whether the claim is there by which a relocation is found. */
  async counts({ instanceId, sessionId, claim }: Relocation): Promise<boolean> {
    const objectKey = relocationClaimKey({ instanceId, sessionId, number: claim });
    return (await this.#objectStore.head(objectKey)) !== null;
  }

  /** What is moved of an instance, read anew. */
  async relocations(instanceId: InstanceId): Promise<InstanceRelocations> {
    return await relocationsOf({ objectStore: this.#objectStore, catalog: this }, instanceId);
  }

  /** Whether what the session has left here is no point, though it may not be readable. */
  async hasClaimed(instanceId: InstanceId, sessionId: PointId): Promise<boolean> {
    return await hasClaimed(
      { objectStore: this.#objectStore, keys: this.#keys },
      instanceId,
      sessionId,
    );
  }

  /** The point as it is to be read now: with its roots of before where what tells of later ones is damaged. */
  async current(point: StoredPoint): Promise<CurrentPoint> {
    return currentPoint(point, (await this.relocations(point.manifest.instanceId)).roots);
  }

  /** The point, to be read. @throws UNKNOWN_POINT, OBJECT_CORRUPT */
  async read(pointId: PointId): Promise<CurrentPoint> {
    const instanceId = await this.#instanceOf(pointId);
    const slot = instanceId === null ? null : await this.#readableSlotOf(instanceId, pointId);
    if (slot?.kind === 'point') return await this.current(slot.point);
    throw unknownPoint(pointId);
  }

  /**
   * The point, to be built on.
   *
   * @throws UNKNOWN_POINT; OBJECT_CORRUPT, also when it is unknown where its maps begin now
   */
  async readParent(pointId: PointId): Promise<CurrentPoint> {
    const instanceId = await this.#instanceOf(pointId);
    const slot = instanceId === null ? null : await this.slotOf(instanceId, pointId);
    if (slot?.kind !== 'point') throw unknownPoint(pointId);
    const { point } = slot;
    const context = { objectStore: this.#objectStore, catalog: this };
    return currentPoint(point, await soundRoots(context, point.manifest.instanceId));
  }

  async #instanceOf(pointId: PointId): Promise<InstanceId | null> {
    return this.#places.get(pointId) ?? (await this.instanceOf(pointId));
  }

  async #readableSlotOf(instanceId: InstanceId, pointId: PointId): Promise<PointSlot> {
    const slot = await this.unmarkedSlotOf(instanceId, pointId);
    if (slot.kind === 'point' && isLocked(slot.point.manifest, this.#clock.now())) return slot;
    // In this order: the mark is made before the manifest goes.
    return (await this.isRemoved(instanceId, pointId)) ? { kind: 'removed' } : slot;
  }

  /** The instance under which the session has a point or a tombstone; null when it has none. */
  async instanceOf(pointId: PointId): Promise<InstanceId | null> {
    if (!isUuid(pointId)) return null;
    for await (const place of this.places()) {
      if (place.pointId === pointId) return place.instanceId;
    }
    return null;
  }

  /** All points that were not removed, tombstones included, in the order of the keys. */
  async *places(instanceId?: InstanceId): AsyncGenerator<PointPlace> {
    const prefix = instanceId === undefined ? pointsPrefix : instancePointsPrefix(instanceId);
    let last: PointPlace | null = null;
    for await (const { key } of this.#objectStore.list(prefix)) {
      // A mark comes right after the manifest that it removes.
      const isMarked = last !== null && key === removalMarkKey(last.instanceId, last.pointId);
      if (
        last !== null &&
        (!isMarked || (await this.isMarkedInVain(last.instanceId, last.pointId)))
      ) {
        yield last;
      }
      last = parsePointKey(key);
    }
    if (last !== null) yield last;
  }

  /** Forgets everything. */
  clear(): void {
    this.#manifests.clear();
    this.#places.clear();
  }
}

function unknownPoint(pointId: PointId): SnapledgerError {
  return new SnapledgerError('UNKNOWN_POINT', `there is no restore point ${pointId}`, {
    remedy: "'snapledger points' lists those that there are.",
    details: { pointId },
  });
}
