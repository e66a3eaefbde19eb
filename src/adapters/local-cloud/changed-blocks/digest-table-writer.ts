import { type FileHandle, open } from 'node:fs/promises';
import { type DigestPage, encodeDigestPage } from './digest-page.ts';
import { encodeTableHeader } from './digest-table-header.ts';

/** Writes a digest table page by page, in order. */
export class DigestTableWriter {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Makes the file, which must not exist, for a volume of `sizeBytes`. */
  static async create(file: string, sizeBytes: number): Promise<DigestTableWriter> {
    const handle = await open(file, 'wx', 0o400);
    try {
      await handle.appendFile(encodeTableHeader(sizeBytes));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new DigestTableWriter(handle);
  }

  async append(page: DigestPage): Promise<void> {
    await this.#handle.appendFile(encodeDigestPage(page));
  }

  /** Brings everything to the disk. */
  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
