import type { ObjectKey } from '../../../ports/object-store.ts';
import type { ImagePart } from '../image/image-description.ts';
import { roundUp, sectorBytes } from '../image/image-geometry.ts';
import type { StoredRecord } from '../image/index-entry.ts';
import type { RecordSeal } from '../object/record-seal.ts';

/** A part as it is stored, and as it is in the image. */
export interface BuiltPart {
  readonly part: ImagePart;
  readonly bytes: Uint8Array;
}

/** Puts records one behind the other into a part; each takes whole sectors of the image. */
export class PartBuilder {
  readonly #key: ObjectKey;
  readonly #recordSeal: RecordSeal;
  readonly #body: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(key: ObjectKey, recordSeal: RecordSeal) {
    this.#key = key;
    this.#recordSeal = recordSeal;
  }

  /** In the image. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @param frame a compressed cluster, `digest` of what it was */
  add(frame: Uint8Array, digest: Uint8Array): Omit<StoredRecord, 'part'> {
    const record = Buffer.alloc(roundUp(frame.length, sectorBytes));
    record.set(frame);
    const ordinal = this.#body.length;
    const offset = this.#sizeBytes;
    this.#body.push(this.#recordSeal.store(this.#key, ordinal, record));
    this.#sizeBytes += record.length;
    return { offset, lengthBytes: frame.length, ordinal, digest };
  }

  /** Null when there is nothing in it. */
  built(): BuiltPart | null {
    if (this.#body.length === 0) return null;
    const part = { key: this.#key, sizeBytes: this.#sizeBytes, records: this.#body.length };
    return { part, bytes: Buffer.concat(this.#body) };
  }
}
