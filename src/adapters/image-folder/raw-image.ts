import { type FileHandle, link, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { FinishedImage, ImageDamage, ImageWriter } from '../../ports/image-target.ts';
import { hasErrno } from '../../platform/errno.ts';

export interface RawImageOptions {
  /** The final name. Until `finish` the image is at `<path>.partial`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly existing: 'refuse' | 'overwrite';
}

/**
 * Opens a sparse raw image for writing: what is never written stays a hole.
 *
 * @throws TARGET_FULL, INVALID_ARGUMENT when the file cannot be made
 */
export async function openRawImage(options: RawImageOptions): Promise<ImageWriter> {
  const { path, sizeBytes } = options;
  const partialPath = `${path}.partial`;
  const file = await targetErrors(path, async () => {
    // What an interrupted restore left behind is nobody's.
    await rm(partialPath, { force: true });
    const opened = await open(partialPath, 'wx', 0o600);
    await opened.truncate(sizeBytes);
    return opened;
  });
  return new RawImage(file, partialPath, options);
}

class RawImage implements ImageWriter {
  readonly #file: FileHandle;
  readonly #partialPath: string;
  readonly #options: RawImageOptions;

  constructor(file: FileHandle, partialPath: string, options: RawImageOptions) {
    this.#file = file;
    this.#partialPath = partialPath;
    this.#options = options;
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    const { path, sizeBytes } = this.#options;
    assert(offsetBytes + bytes.byteLength <= sizeBytes, 'an image is written within its size');
    await targetErrors(path, async () => {
      let written = 0;
      while (written < bytes.byteLength) {
        const rest = bytes.subarray(written);
        written += (await this.#file.write(rest, 0, rest.byteLength, offsetBytes + written))
          .bytesWritten;
      }
    });
  }

  async finish(damage: readonly ImageDamage[]): Promise<FinishedImage> {
    const { path, existing } = this.#options;
    await targetErrors(path, async () => {
      await this.#file.sync();
      await this.#file.close();
    });
    if (damage.length > 0) return this.#finishDamaged(damage);
    await targetErrors(path, async () => {
      if (existing === 'overwrite') {
        await rename(this.#partialPath, path);
      } else {
        // A link fails when the name is taken, where a rename would replace what is there.
        await link(this.#partialPath, path);
        await rm(this.#partialPath);
      }
      await syncFolder(dirname(path));
    });
    return { location: path };
  }

  async abort(): Promise<void> {
    await this.#file.close();
    await rm(this.#partialPath, { force: true });
  }

  async #finishDamaged(damage: readonly ImageDamage[]): Promise<FinishedImage> {
    const location = `${this.#options.path}.damaged`;
    await targetErrors(location, async () => {
      await writeFile(`${location}.json`, `${JSON.stringify(damage, null, 2)}\n`, { mode: 0o600 });
      await rename(this.#partialPath, location);
      await syncFolder(dirname(location));
    });
    return { location };
  }
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

async function targetErrors<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (hasErrno(cause, 'ENOSPC', 'EDQUOT')) {
      throw new SnapledgerError('TARGET_FULL', `there is no room left for '${path}'`, {
        cause,
        remedy: 'Free some space or restore to another disk.',
      });
    }
    if (hasErrno(cause, 'EEXIST')) {
      throw new SnapledgerError('TARGET_EXISTS', `'${path}' exists already`, {
        cause,
        remedy: 'Restore to another folder, or allow it with --overwrite.',
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapledgerError('INVALID_ARGUMENT', `'${path}' cannot be written: ${reason}`, {
      cause,
      remedy: 'Check the folder and its permissions.',
    });
  }
}
