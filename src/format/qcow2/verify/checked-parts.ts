import { createHash } from 'node:crypto';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { VerifyCoverage } from '../../verification.ts';
import type { ImagePart, ImagePiece } from '../image/image-description.ts';
import { objectIfAny } from '../object/json-object.ts';
import { recordOverheadBytes } from '../object/record-seal.ts';
import { damageReason, isDamage } from '../object/refusals.ts';
import { readClusters, type RecordPlace } from '../point/record-reader.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { ChosenParts } from './choose-parts.ts';

/** Why something is damaged; null: it is sound. */
export type Damage = string | null;

/** Remembers what was found of records and pieces, so that what points share is read once. */
export class CheckedParts {
  readonly #context: RepositoryContext;
  readonly #depth: 'structure' | 'deep';
  readonly #chosen: ReadonlySet<ObjectKey> | 'all';
  /** For each part of which records were read: which of them. */
  readonly #read = new Map<ObjectKey, Uint8Array>();
  readonly #damaged = new Map<string, string>();
  readonly #pieces = new Map<ObjectKey, Damage>();
  /** Also such as nobody needs by now, of which nothing is reported. */
  readonly #damagedParts = new Set<string>();
  readonly #reported = new Set<string>();

  constructor(
    context: RepositoryContext,
    depth: 'structure' | 'deep',
    chosen: ReadonlySet<ObjectKey> | 'all',
  ) {
    this.#context = context;
    this.#depth = depth;
    this.#chosen = chosen;
  }

  /** Whether records of the part are to be read. */
  isWanted({ key }: ImagePart): boolean {
    return this.#depth === 'deep' && (this.#chosen === 'all' || this.#chosen.has(key));
  }

  /** What is wrong with each of these records, which follow one another in one part. */
  async check(
    places: readonly RecordPlace[],
  ): Promise<{ readonly damage: readonly Damage[]; readonly bytesRead: number }> {
    const fresh = places.filter((place) => !this.#isRead(place));
    let bytesRead = 0;
    for (const [number, result] of (await readClusters(this.#context, fresh)).entries()) {
      const place = fresh[number];
      if (place === undefined) continue;
      this.#markRead(place);
      if (result.kind === 'cluster') bytesRead += place.record.lengthBytes;
      else {
        this.#damaged.set(nameOf(place), damageReason(result.error));
        this.#damagedParts.add(place.part.key);
      }
    }
    return { damage: places.map((place) => this.#damaged.get(nameOf(place)) ?? null), bytesRead };
  }

  /** Whether a part is there, in its length. */
  async checkPart({ key, sizeBytes, records }: ImagePart): Promise<Damage> {
    const expected = sizeBytes + records * recordOverheadBytes(this.#context.protection);
    return await this.#once(key, async () => {
      const found = await this.#context.objectStore.head(key);
      if (found === null) return 'the object is gone';
      return found.sizeBytes === expected ? null : 'it has another length';
    });
  }

  /** Whether a piece is there, and with `deep` whether it is what was written. */
  async checkPiece({ key, sizeBytes, sha256 }: ImagePiece): Promise<Damage> {
    const { objectStore, protection, envelope } = this.#context;
    return await this.#once(key, async () => {
      if (this.#depth === 'structure') {
        return (await objectStore.head(key)) === null ? 'the object is gone' : null;
      }
      const bytes = await objectIfAny(objectStore, key);
      if (bytes === null) return 'the object is gone';
      const piece = protection === 'sealed' ? envelope.unwrap(key, bytes) : bytes;
      const digest = createHash('sha256').update(piece).digest('hex');
      return piece.length === sizeBytes && digest === sha256 ? null : 'it is not what was written';
    });
  }

  /** A point that is there needs what is damaged of the object. */
  report(key: string): void {
    this.#reported.add(key);
  }

  /** What was damaged, and is not reported, is neither. */
  coverage({ keys, bytes, objectsTotal, bytesTotal }: ChosenParts): VerifyCoverage {
    const damagedObjects = [...keys].filter((key) => this.#reported.has(key));
    const soundObjects = [...keys].filter((key) => !this.#damagedParts.has(key));
    return { kind: 'coverage', soundObjects, damagedObjects, bytes, objectsTotal, bytesTotal };
  }

  async #once(key: ObjectKey, check: () => Promise<Damage>): Promise<Damage> {
    const known = this.#pieces.get(key);
    if (known !== undefined) return known;
    const found = await check().catch((error: unknown) => {
      if (isDamage(error)) return damageReason(error);
      throw error;
    });
    this.#pieces.set(key, found);
    if (found !== null) this.#damagedParts.add(key);
    return found;
  }

  #isRead({ part, record }: RecordPlace): boolean {
    const bits = this.#read.get(part.key);
    return (
      bits !== undefined && ((bits[record.ordinal >> 3] ?? 0) & (1 << (record.ordinal & 7))) !== 0
    );
  }

  #markRead({ part, record }: RecordPlace): void {
    const bits = this.#read.get(part.key) ?? new Uint8Array(Math.ceil(part.records / 8));
    bits[record.ordinal >> 3] = (bits[record.ordinal >> 3] ?? 0) | (1 << (record.ordinal & 7));
    this.#read.set(part.key, bits);
  }
}

function nameOf({ part, record }: RecordPlace): string {
  return `${part.key} ${record.ordinal}`;
}
