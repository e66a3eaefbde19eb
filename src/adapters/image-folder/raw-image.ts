import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '../../domain/errors/assert.ts';
import type { FinishedImage, ImageDamage, ImageWriter } from '../../ports/image-target.ts';
import { DirectWriter } from '../../platform/direct-writer.ts';
import { partialPathOf, sweepPartialImages } from './partial-images.ts';
import { targetErrors } from './target-errors.ts';

export interface RawImageOptions {
  /** The final name. Until `finish` the image is at a name of its own beside it. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly existing: 'refuse' | 'overwrite';
}

/** Bytes in the page cache after which the disk is told to take them. */
const flushEveryBytes = 128 * 1024 * 1024;

/**
 * Opens a sparse raw image for writing: what is never written stays a hole. What restores to the
 * same image have left that died is removed.
 *
 * @throws TARGET_FULL, INVALID_ARGUMENT when the file cannot be made
 */
export async function openRawImage(options: RawImageOptions): Promise<RawImage> {
  const { path, sizeBytes } = options;
  const partialPath = partialPathOf(path);
  return targetErrors(path, async () => {
    await sweepPartialImages(path);
    const file = await open(partialPath, 'wx+', 0o600);
    try {
      await file.truncate(sizeBytes);
      return new RawImage(file, partialPath, options);
    } catch (error) {
      await file.close();
      await rm(partialPath, { force: true });
      throw error;
    }
  });
}

export class RawImage implements ImageWriter {
  readonly #file: FileHandle;
  readonly #writer: DirectWriter;
  readonly #partialPath: string;
  readonly #options: RawImageOptions;
  #flushedBytes = 0;
  #isFlushing = false;
  #flushing: Promise<void> = Promise.resolve();
  #flushFailure: Error | null = null;

  constructor(file: FileHandle, partialPath: string, options: RawImageOptions) {
    this.#file = file;
    this.#writer = new DirectWriter(file);
    this.#partialPath = partialPath;
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    const { path, sizeBytes } = this.#options;
    assert(offsetBytes + bytes.byteLength <= sizeBytes, 'an image is written within its size');
    await targetErrors(path, () => this.#writer.write(offsetBytes, bytes));
    this.#flushInBackground();
  }

  /** Makes the file shorter than it was opened for, once nothing is written any more. */
  async setSize(sizeBytes: number): Promise<void> {
    await targetErrors(this.path, async () => {
      await this.#writer.settle();
      await this.#file.truncate(sizeBytes);
    });
  }

  /** What is in the file; what it was not long enough for is left out. */
  async readBack(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    return await targetErrors(this.path, async () => {
      await this.#writer.settle();
      const bytes = new Uint8Array(lengthBytes);
      const { bytesRead } = await this.#file.read(bytes, 0, lengthBytes, offsetBytes);
      return bytes.subarray(0, bytesRead);
    });
  }

  async finish(damage: readonly ImageDamage[]): Promise<FinishedImage> {
    const { path, existing } = this.#options;
    const location = damage.length === 0 ? path : damagedPathOf(path);
    await targetErrors(location, async () => {
      await this.#writer.settle();
      await this.#flushing;
      if (this.#flushFailure !== null) throw this.#flushFailure;
      await this.#writer.close();
      await this.#file.sync();
      await this.#file.close();
      if (damage.length === 0) await giveName(this.#partialPath, location, existing);
      else await this.#finishDamaged(location, damage);
      await syncFolder(dirname(location));
    });
    return { location };
  }

  /** The list has its name first: what is called damaged is never without one. */
  async #finishDamaged(location: string, damage: readonly ImageDamage[]): Promise<void> {
    const { path, existing } = this.#options;
    const listPath = `${location}.json`;
    const partialList = partialPathOf(path);
    await targetErrors(listPath, async () => {
      try {
        await writeDamageList(partialList, damage);
        await giveName(partialList, listPath, existing);
      } finally {
        await rm(partialList, { force: true });
      }
    });
    try {
      await giveName(this.#partialPath, location, existing);
    } catch (error) {
      // It would stand beside an image that is another one's.
      if (existing === 'refuse') await rm(listPath, { force: true });
      throw error;
    }
  }

  async abort(): Promise<void> {
    await this.#flushing;
    await this.#writer.close();
    await this.#file.close();
    await rm(this.#partialPath, { force: true });
  }

  /**
   * Lets the disk work while the next blocks are decoded, so that the last flush is a short one.
   * Not for direct writes, which have reached the disk: each flush only holds them up.
   */
  #flushInBackground(): void {
    const { bufferedBytes } = this.#writer;
    if (bufferedBytes - this.#flushedBytes < flushEveryBytes || this.#isFlushing) return;
    this.#flushedBytes = bufferedBytes;
    this.#isFlushing = true;
    this.#flushing = this.#file
      .datasync()
      .catch((error: unknown) => {
        // Kept for `finish`: the system reports a failed write once, and never again.
        this.#flushFailure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#isFlushing = false;
      });
  }
}

/** Where an image goes of which something is missing. */
export function damagedPathOf(path: string): string {
  return `${path}.damaged`;
}

async function writeDamageList(path: string, damage: readonly ImageDamage[]): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(damage, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Moves a whole file to its name; when that is taken it is replaced only if that is allowed. */
async function giveName(
  partialPath: string,
  path: string,
  existing: RawImageOptions['existing'],
): Promise<void> {
  if (existing === 'overwrite') {
    await rename(partialPath, path);
    return;
  }
  // A link fails when the name is taken, where a rename would replace what is there.
  await link(partialPath, path);
  await rm(partialPath);
}

/** Makes new names durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
