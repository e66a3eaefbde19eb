import { type FileHandle, open } from 'node:fs/promises';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { blockCountOf } from '../../../domain/block-size.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { stateError } from '../state/state-error.ts';
import {
  decodeDigestPage,
  type DigestPage,
  pageBlocks,
  pageCountOf,
  pageHeadSizeBytes,
  pageRestSizeBytes,
} from './digest-page.ts';
import { headerSizeBytes, tableHeaderFault } from './digest-table-header.ts';

/**
 * Reads a digest table front to back, one page in memory at a time. Everything is checked on the
 * way: a table that is damaged, cut short or too long is CLOUD_STATE_CORRUPT, never a listing
 * with less in it.
 */
export class DigestTableReader {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #blockCount: number;
  #offset = headerSizeBytes;
  #pagesRead = 0;

  private constructor(file: string, handle: FileHandle, blockCount: number) {
    this.#file = file;
    this.#handle = handle;
    this.#blockCount = blockCount;
  }

  /**
   * Null when the file does not exist.
   *
   * @throws CLOUD_STATE_CORRUPT when it is not a table for a volume of `sizeBytes`.
   */
  static async open(file: string, sizeBytes: number): Promise<DigestTableReader | null> {
    let handle: FileHandle;
    try {
      handle = await open(file, 'r');
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return null;
      throw stateError(error, `read ${file}`);
    }
    const reader = new DigestTableReader(file, handle, blockCountOf(sizeBytes));
    try {
      const header = await reader.#read(0, headerSizeBytes);
      const fault = tableHeaderFault(header, sizeBytes);
      if (fault !== null) throw damagedTableError(file, fault);
      return reader;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The next page; null after the last. @throws CLOUD_STATE_CORRUPT */
  async next(): Promise<DigestPage | null> {
    if (this.#pagesRead === pageCountOf(this.#blockCount)) {
      await this.#requireEnd();
      return null;
    }
    const firstBlock = this.#pagesRead * pageBlocks;
    const blockCount = Math.min(pageBlocks, this.#blockCount - firstBlock);
    const head = await this.#read(this.#offset, pageHeadSizeBytes);
    const restSizeBytes = pageRestSizeBytes(head);
    if (restSizeBytes === null) throw this.#damagedPage();
    const rest = await this.#read(this.#offset + pageHeadSizeBytes, restSizeBytes);
    const page = decodeDigestPage(Buffer.concat([head, rest]), { firstBlock, blockCount });
    if (page === null) throw this.#damagedPage();
    this.#offset += head.length + rest.length;
    this.#pagesRead += 1;
    return page;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #read(offset: number, lengthBytes: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(lengthBytes);
    let filled = 0;
    while (filled < lengthBytes) {
      const { bytesRead } = await this.#readSome(bytes, filled, offset + filled);
      if (bytesRead === 0)
        throw damagedTableError(this.#file, `ends after ${offset + filled} bytes`);
      filled += bytesRead;
    }
    return bytes;
  }

  async #readSome(bytes: Buffer, filled: number, offset: number): Promise<{ bytesRead: number }> {
    try {
      return await this.#handle.read(bytes, filled, bytes.length - filled, offset);
    } catch (error) {
      throw stateError(error, `read ${this.#file}`);
    }
  }

  async #requireEnd(): Promise<void> {
    const { bytesRead } = await this.#readSome(Buffer.alloc(1), 0, this.#offset);
    if (bytesRead !== 0) throw damagedTableError(this.#file, 'goes on after its last page');
  }

  #damagedPage(): SnapledgerError {
    return damagedTableError(this.#file, `has a damaged page ${this.#pagesRead}`);
  }
}

/** @param wrong what is wrong with the table, to follow its path */
export function damagedTableError(file: string, wrong: string): SnapledgerError {
  return new SnapledgerError('CLOUD_STATE_CORRUPT', `${file} ${wrong}`, {
    remedy:
      'Put the file back from a copy of the vault, or leave it: the volume is then read in full, and the table goes with its snapshot.',
    details: { path: file },
  });
}
