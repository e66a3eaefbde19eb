import type { BlockDamage } from '../../block-damage.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import type { PackRef } from '../map/record-ref.ts';
import type { PackKind } from '../pack/pack-header.ts';
import { packHeaderRange, type PackHeaders } from '../pack/pack-headers.ts';

/** Headers that are read at the same time. */
const getsAtOnceMax = 16;
/** Packs of one volume that are remembered as looked at; forgetting some only costs time. */
const notedPacksMax = 100_000;

interface NotedPack {
  readonly pack: PackRef;
  readonly kind: PackKind;
}

/** Checks the headers of the packs that one volume's map leads to, each of them once. */
export class PackHeaderCheck {
  readonly #headers: PackHeaders;
  readonly #noted = new BoundedCache<ObjectKey, true>(notedPacksMax);
  #waiting: NotedPack[] = [];

  constructor(headers: PackHeaders) {
    this.#headers = headers;
  }

  /** A record of this pack was met. */
  note(pack: PackRef, kind: PackKind): void {
    if (this.#noted.get(pack.key) === true) return;
    this.#noted.set(pack.key, true);
    this.#waiting.push({ pack, kind });
  }

  /** What is damaged of the packs noted since; `some`: only once a round of them is worth it. */
  async *damage(howMany: 'some' | 'all'): AsyncGenerator<BlockDamage> {
    if (howMany === 'some' && this.#waiting.length < getsAtOnceMax) return;
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, getsAtOnceMax);
      const reasons = await Promise.all(
        round.map(({ pack, kind }) => this.#headers.problemOf(pack, kind)),
      );
      for (const [position, { pack }] of round.entries()) {
        const reason = reasons[position] ?? null;
        if (reason !== null) yield headerDamage(pack, reason);
      }
    }
  }
}

/** Damage of no block: what the pack holds can still be read. */
function headerDamage(pack: PackRef, reason: string): BlockDamage {
  const firstBlock = 0 as BlockIndex;
  return { objectKey: pack.key, range: packHeaderRange, firstBlock, blockCount: 0, reason };
}
