import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { pageAligned } from '../../../ports/page-aligned.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { packKey } from '../object/object-keys.ts';
import type { SegmentPack } from '../object/segment.ts';
import { encodePackHeader } from '../pack/pack-header.ts';
import { abortable } from '../../flow/abortable.ts';
import { createOnce } from '../../flow/create-once.ts';
import type { RetryContext } from '../../flow/retry-unavailable.ts';
import { transferLimits } from './transfer-limits.ts';

export interface PackWriterOptions {
  readonly objectStore: ObjectStore;
  readonly random: RandomSource;
  readonly repositoryId: RepositoryId;
  readonly sessionId: SessionId;
  /** Of its packs; null: they are under no lock. */
  readonly retainUntil: TimestampMs | null;
}

interface OpenPack {
  readonly number: number;
  readonly buffer: Uint8Array;
  lengthBytes: number;
}

/** Settles with the upload of a pack that was sealed. */
export type PackUpload = Promise<void>;

/**
 * Collects records into packs and uploads each as one object, two at a time, while the next one
 * fills. Three buffers, used again and again.
 *
 * After an upload failed the writer is of no more use.
 */
export class PackWriter {
  readonly #options: PackWriterOptions;
  readonly #header: Uint8Array;
  readonly #writer: number;
  /** Packs whose name was taken, and the writer that they are named after instead. */
  readonly #renamed = new Map<number, number>();
  readonly #freeBuffers: Uint8Array[] = [];
  readonly #uploads = new Set<PackUpload>();
  #nextNumber = 0;
  #buffers = 0;
  #open: OpenPack | undefined;
  #uploadsWaited = false;

  constructor(options: PackWriterOptions) {
    this.#options = options;
    this.#header = encodePackHeader('data', options.repositoryId, options.sessionId);
    this.#writer = drawWriter(options.random);
  }

  /** Whether there is nothing that `seal` would upload. */
  get isEmpty(): boolean {
    return this.#open === undefined;
  }

  /** Whether the pack that was sealed last had to wait for those before it: the store is what is slow. */
  get uploadsWaited(): boolean {
    return this.#uploadsWaited;
  }

  /** Whether a record of so many bytes can be appended without sealing the pack before. */
  fits(lengthBytes: number): boolean {
    const used = this.#open?.lengthBytes ?? this.#header.length;
    return used + lengthBytes <= transferLimits.packTargetBytes;
  }

  /** Copies the record into the open pack. */
  append(record: Uint8Array): { readonly packNumber: number; readonly offset: number } {
    assert(this.fits(record.length), 'the record fits into the pack');
    this.#open ??= this.#begin();
    const { number, buffer, lengthBytes } = this.#open;
    buffer.set(record, lengthBytes);
    this.#open.lengthBytes += record.length;
    return { packNumber: number, offset: lengthBytes };
  }

  /**
   * Begins to upload the open pack, which must not be empty, once fewer than two are under way.
   * The result settles with the upload.
   *
   * @throws what an earlier upload threw; the signal's reason.
   */
  async seal(retry: RetryContext): Promise<{ readonly upload: PackUpload }> {
    const pack = this.#open;
    assert(pack !== undefined, 'a pack is open');
    this.#uploadsWaited = this.#uploads.size >= transferLimits.packUploadsMax;
    while (this.#uploads.size >= transferLimits.packUploadsMax) {
      await abortable(Promise.race(this.#uploads), retry.signal);
    }
    this.#open = undefined;
    const upload = this.#upload(pack, retry).then(() => {
      this.#uploads.delete(upload);
      this.#freeBuffers.push(pack.buffer);
    });
    // Who posts the segment learns of a failure; until then it must not end the process.
    upload.catch(() => undefined);
    this.#uploads.add(upload);
    return { upload };
  }

  /** How the pack is named in the repository. Certain once its upload has succeeded. */
  nameOf(packNumber: number): SegmentPack {
    return { writer: this.#renamed.get(packNumber) ?? this.#writer, number: packNumber };
  }

  #begin(): OpenPack {
    let buffer = this.#freeBuffers.pop();
    if (buffer === undefined) {
      this.#buffers += 1;
      assert(this.#buffers <= transferLimits.packBuffersMax, 'no more packs than buffers');
      buffer = pageAligned(transferLimits.packTargetBytes);
    }
    buffer.set(this.#header);
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    return { number, buffer, lengthBytes: this.#header.length };
  }

  async #upload(pack: OpenPack, retry: RetryContext): Promise<void> {
    const bytes = pack.buffer.subarray(0, pack.lengthBytes);
    const { sessionId, objectStore, random, retainUntil } = this.#options;
    const options = retainUntil === null ? {} : { retainUntil };
    for (let tried = 1; tried <= transferLimits.packNamesTriedMax; tried += 1) {
      const key = packKey({ sessionId, ...this.nameOf(pack.number) });
      if ((await createOnce(objectStore, key, bytes, retry, options)) === 'created') return;
      this.#renamed.set(pack.number, drawWriter(random));
    }
    throw new SnapledgerError(
      'OBJECT_EXISTS',
      `${transferLimits.packNamesTriedMax} random names in a row are taken for pack ${pack.number} of session ${sessionId}`,
      { remedy: 'Check the source of randomness of this machine, then start the worker again.' },
    );
  }
}

function drawWriter(random: RandomSource): number {
  return Buffer.from(random.bytes(4)).readUInt32LE(0);
}
