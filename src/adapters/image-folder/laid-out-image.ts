import { createHash } from 'node:crypto';
import { blockCountOf, blockSizeBytes } from '../../domain/block-size.ts';
import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { FinishedImage, ImageDamage, ImageWriter } from '../../ports/image-target.ts';
import type { ImageLayout } from './layout/image-layout.ts';
import type { RawImage } from './raw-image.ts';

/**
 * An image in a file of its own layout. Before it is finished every block is read back from the file,
 * where a reader would look for it, and compared with what was to be written.
 */
export class LaidOutImage implements ImageWriter {
  readonly #file: RawImage;
  readonly #layout: ImageLayout;
  readonly #sizeBytes: number;
  /** Of what was to be written; does not depend on the order in which it came. */
  readonly #wanted = new ContentDigest();

  constructor(file: RawImage, layout: ImageLayout, sizeBytes: number) {
    this.#file = file;
    this.#layout = layout;
    this.#sizeBytes = sizeBytes;
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    assert(offsetBytes % blockSizeBytes === 0, 'an image is written in whole blocks');
    const first = offsetBytes / blockSizeBytes;
    for (let at = 0; at < bytes.byteLength; at += blockSizeBytes) {
      const block = first + at / blockSizeBytes;
      const content = bytes.subarray(at, at + blockSizeBytes);
      assert(content.byteLength === this.#lengthOf(block), 'an image is written in whole blocks');
      this.#wanted.add(block, content);
      await this.#file.write(this.#layout.place(block), content);
    }
  }

  async finish(damage: readonly ImageDamage[]): Promise<FinishedImage> {
    for (const { fileOffset, bytes } of this.#layout.metadata()) {
      await this.#file.write(fileOffset, bytes);
    }
    await this.#file.setSize(this.#layout.fileSizeBytes());
    const found = new ContentDigest();
    for (const { block, fileOffset } of this.#layout.placed()) {
      found.add(block, await this.#file.readBack(fileOffset, this.#lengthOf(block)));
    }
    if (!found.equals(this.#wanted)) throw differs(this.#file.path);
    return await this.#file.finish(damage);
  }

  abort(): Promise<void> {
    return this.#file.abort();
  }

  #lengthOf(block: number): number {
    assert(block < blockCountOf(this.#sizeBytes), 'an image is written within its size');
    return Math.min(blockSizeBytes, this.#sizeBytes - block * blockSizeBytes);
  }
}

/** The XOR of the digests of blocks with their places. */
class ContentDigest {
  readonly #sum = Buffer.alloc(32);

  add(block: number, content: Uint8Array): void {
    const place = Buffer.alloc(8);
    place.writeBigUInt64BE(BigInt(block));
    const digest = createHash('sha256').update(place).update(content).digest();
    for (const [at, byte] of digest.entries()) this.#sum[at] = (this.#sum[at] ?? 0) ^ byte;
  }

  equals(other: ContentDigest): boolean {
    return this.#sum.equals(other.#sum);
  }
}

function differs(path: string): SnapledgerError {
  return new SnapledgerError(
    'OBJECT_CORRUPT',
    `what was written for '${path}' does not read back as what it was`,
    { remedy: 'Look at the disk and the memory of this machine, then export it elsewhere.' },
  );
}
