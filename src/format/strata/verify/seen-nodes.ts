import { BoundedCache } from '../../cache/bounded-cache.ts';
import { recordName, type RecordRef } from '../map/record-ref.ts';

/** Nodes remembered, some 200 bytes each: the maps of 16 TiB. */
const seenNodesMax = 600_000;

/**
 * Map nodes below which everything was found sound: points share most of theirs, and what is
 * sound for one point is sound for all. Forgetting some only costs time.
 */
export class SeenNodes {
  readonly #sound = new BoundedCache<string, true>(seenNodesMax);
  readonly #entered = new Set<string>();

  /** Whether the node is known to be sound. */
  isSound(ref: RecordRef): boolean {
    return this.#sound.get(recordName(ref)) === true;
  }

  /** Notes that a check has begun with this node; says whether it had before. */
  enter(ref: RecordRef): 'first-time' | 'again' {
    const name = recordName(ref);
    if (this.#entered.has(name)) return 'again';
    if (this.#entered.size < seenNodesMax) this.#entered.add(name);
    return 'first-time';
  }

  /** Ends the check of what was entered. Only a whole map without a finding is believed. */
  finish(outcome: 'sound' | 'damaged'): void {
    if (outcome === 'sound') for (const name of this.#entered) this.#sound.set(name, true);
    this.#entered.clear();
  }
}
