import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isPageAligned, pageAligned } from '../ports/page-aligned.ts';
import { hasErrno } from './errno.ts';

/**
 * Direct writes begin and end at multiples of this: no disk has larger sectors, and no kernel has
 * larger pages, so that a page never gets a direct write and a buffered one at the same time.
 */
const unitSizeBytes = 64 * 1024;
/** One write: large enough to keep a disk busy. */
const stageSizeBytes = 1024 * 1024;
/** Writes under way, and so the memory of one writer in `stageSizeBytes`. */
const stagesMax = 4;

/**
 * Writes large contents past the page cache, several writes at a time. Content that nobody is
 * about to read again is not worth the copy, nor the memory of the machine that its pages would
 * take from others; and a sync afterwards has little left to do.
 *
 * What cannot go that way (pieces that are no whole units; everything, where the file system or
 * the platform has no direct writes) goes through the page cache. The result is the same.
 *
 * Not durable before the owner of `file` has synced it, after `settle`.
 */
export class DirectWriter {
  readonly #file: FileHandle;
  #direct: Promise<FileHandle | null> | undefined;
  #stages = 0;
  readonly #free: Uint8Array[] = [];
  /** Who waits for a stage, first come first served. */
  readonly #waiting: ((stage: Uint8Array) => void)[] = [];
  readonly #writing = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #bufferedBytes = 0;

  /** @param file open for writing; the caller closes it, after `close` */
  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** How much went through the page cache, and is for a sync to write. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Begins to write `bytes` at a place that no write under way touches. They may be used again
   * when it resolves. What is page-aligned is written from where it is, and the write is over then;
   * everything else is copied first.
   *
   * @throws what this write, or an earlier one, met
   */
  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    if (isPageAligned(bytes) && offsetBytes % unitSizeBytes === 0) {
      await this.#track(this.#writeFully(bytes, bytes.byteLength, offsetBytes));
      if (this.#failure !== undefined) throw this.#failure.error;
      return;
    }
    for (let done = 0; done < bytes.byteLength; done += stageSizeBytes) {
      const piece = bytes.subarray(done, done + stageSizeBytes);
      const stage = await this.#takeStage();
      stage.set(piece);
      const written = this.#writeFully(stage, piece.byteLength, offsetBytes + done);
      void this.#track(
        written.then(() => {
          this.#giveBack(stage);
        }),
      );
    }
  }

  /** Resolves when everything is written. @throws what a write met */
  async settle(): Promise<void> {
    await Promise.all(this.#writing);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for the writes under way, whatever becomes of them, and lets the file go. */
  async close(): Promise<void> {
    await Promise.all(this.#writing);
    const direct = await this.#direct;
    this.#direct = undefined;
    await direct?.close();
  }

  async #takeStage(): Promise<Uint8Array> {
    const stage = this.#free.pop() ?? this.#newStage() ?? (await this.#nextStage());
    if (this.#failure === undefined) return stage;
    this.#giveBack(stage);
    throw this.#failure.error;
  }

  #newStage(): Uint8Array | undefined {
    if (this.#stages === stagesMax) return undefined;
    this.#stages += 1;
    return pageAligned(stageSizeBytes);
  }

  #nextStage(): Promise<Uint8Array> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #giveBack(stage: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(stage);
    else next(stage);
  }

  /** The write counts as under way until it is over. */
  async #track(writing: Promise<void>): Promise<void> {
    this.#writing.add(writing);
    await writing;
    this.#writing.delete(writing);
  }

  /** Never rejects: whoever asks next is told. */
  async #writeFully(bytes: Uint8Array, lengthBytes: number, offsetBytes: number): Promise<void> {
    try {
      for (let done = 0; done < lengthBytes;) {
        done += await this.#writeSome(bytes, done, lengthBytes, offsetBytes + done);
      }
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  /** @returns how many of the bytes from `begin` on were written, one at least */
  async #writeSome(
    stage: Uint8Array,
    begin: number,
    end: number,
    offsetBytes: number,
  ): Promise<number> {
    const wholeUnits = Math.floor((end - begin) / unitSizeBytes) * unitSizeBytes;
    const isAligned = begin % unitSizeBytes === 0 && offsetBytes % unitSizeBytes === 0;
    if (isAligned && wholeUnits > 0) {
      const direct = await (this.#direct ??= openDirect(this.#file));
      if (direct !== null) {
        try {
          return (await direct.write(stage, begin, wholeUnits, offsetBytes)).bytesWritten;
        } catch (error) {
          // A file system that opens a file for direct writes and then does not take them.
          if (!hasErrno(error, 'EINVAL')) throw error;
        }
      }
    }
    const { bytesWritten } = await this.#file.write(stage, begin, end - begin, offsetBytes);
    this.#bufferedBytes += bytesWritten;
    return bytesWritten;
  }
}

/** The same file once more, for direct writes; null where there are none. */
async function openDirect(file: FileHandle): Promise<FileHandle | null> {
  if (process.platform !== 'linux') return null;
  try {
    // By its descriptor: its name may be gone, or lead to another file by now.
    return await open(`/proc/self/fd/${file.fd}`, constants.O_WRONLY | constants.O_DIRECT);
  } catch (error) {
    // EINVAL: no direct writes in this file system; the others: no /proc.
    if (hasErrno(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
