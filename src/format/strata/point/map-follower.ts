import type { BlockDamage } from '../../block-damage.ts';
import type { PointManifest } from '../../restore-point.ts';
import { detailText } from '../../../domain/errors/detail-text.ts';
import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import { isSameEntry, type MapRoot } from '../map/map-node.ts';
import type { PointCatalog } from './point-catalog.ts';
import type { StoredVolume } from './stored-point.ts';
import { rootName } from './current-point.ts';

/** Kinds of damage of one object that are remembered; of more it is asked again. */
const judgedMax = 4096;

/** How often a map may be given another place while it is read; more than once is rare. */
const movesMax = 16;

/**
 * Follows the map of one volume when it is given another place while it is read: what was there
 * before may be collected, and is no damage then.
 */
export class MapFollower {
  readonly #catalog: Pick<PointCatalog, 'relocations'>;
  readonly #manifest: Pick<PointManifest, 'pointId' | 'instanceId'>;
  #target: StoredVolume;
  /** What was asked once about an object is not asked for each of its records. */
  readonly #judged = new BoundedCache<string, readonly string[]>(judgedMax);

  constructor(
    catalog: Pick<PointCatalog, 'relocations'>,
    manifest: Pick<PointManifest, 'pointId' | 'instanceId'>,
    target: StoredVolume,
  ) {
    this.#catalog = catalog;
    this.#manifest = manifest;
    this.#target = target;
  }

  /** The volume, with the root that its map has as far as is known. */
  get target(): StoredVolume {
    return this.#target;
  }

  /**
   * `moved`: the map has another root by now, at which to go on. Else the damage, which says so when
   * the place that the map was given cannot be read.
   */
  async judge<Damage extends Pick<BlockDamage, 'objectKey' | 'reason'>>(
    damage: Damage,
  ): Promise<'moved' | Damage> {
    const name = `${damage.objectKey} ${damage.reason}`;
    const known = this.#judged.get(name);
    if (known === undefined && (await this.hasMoved())) return 'moved';
    const unread = known ?? (await this.#unreadRelocations());
    this.#judged.set(name, unread);
    if (unread.length === 0) return damage;
    const told = `it may have been moved, by what cannot be read: ${unread.join(', ')}`;
    return { ...damage, reason: `${damage.reason}; ${told}` };
  }

  /**
   * Does what reads a whole map, anew where the map was given another place meanwhile.
   *
   * @throws OBJECT_CORRUPT when it is damaged where it begins now; RELOCATION_OVERTAKEN, retryable,
   *   when it is moved faster than it can be read
   */
  async read(work: (root: MapRoot) => Promise<void>): Promise<void> {
    for (let move = 0; move <= movesMax; move += 1) {
      try {
        await work(this.#target.root);
        return;
      } catch (error) {
        if (!hasErrorCode(error, 'OBJECT_CORRUPT') || !(await this.hasMoved())) throw error;
      }
    }
    throw new SnapledgerError(
      'RELOCATION_OVERTAKEN',
      `volume ${this.#target.volume.volumeId} was moved again and again while it was read`,
      { retry: 'retryable', remedy: 'Nothing was changed. Try again.' },
    );
  }

  /** Looks where the map begins now, and says whether that has changed. */
  async hasMoved(): Promise<boolean> {
    const { pointId, instanceId } = this.#manifest;
    const { volume, root } = this.#target;
    const { roots } = await this.#catalog.relocations(instanceId);
    const entry = roots.get(rootName(pointId, volume.volumeId));
    if (entry === undefined || isSameEntry(entry, root.entry)) return false;
    this.#target = { volume, root: { ...root, entry } };
    this.#judged.clear();
    return true;
  }

  async #unreadRelocations(): Promise<readonly string[]> {
    const { claims } = await this.#catalog.relocations(this.#manifest.instanceId);
    return claims.flatMap((claim) =>
      claim.state === 'damaged'
        ? [detailText(claim.error, 'objectKey') ?? claim.error.message]
        : [],
    );
  }
}
