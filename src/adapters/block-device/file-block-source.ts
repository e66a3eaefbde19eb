import { open, type FileHandle } from 'node:fs/promises';
import { blockSizeBytes } from '../../domain/block-size.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../domain/identifiers.ts';
import type { BlockSource } from '../../ports/block-source.ts';

export interface FileBlockSourceOptions {
  /** The size to read; needed for a device, whose size the file system does not tell. */
  readonly sizeBytes?: number;
}

/**
 * The blocks of a disk image, or of a block device. Its size is fixed here: what is appended
 * later is not read, and what is missing later is an error.
 *
 * @throws DISK_MISSING, DISK_UNREADABLE, DISK_EMPTY, DISK_CHANGED when a file is shorter than
 *   `sizeBytes`.
 */
export async function openFileBlockSource(
  path: string,
  options: FileBlockSourceOptions = {},
): Promise<BlockSource> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw cannotOpen(path, cause);
  });
  try {
    const sizeBytes = await sizeOf(file, path, options);
    return new FileBlockSource(file, path, sizeBytes);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function sizeOf(
  file: FileHandle,
  path: string,
  options: FileBlockSourceOptions,
): Promise<number> {
  const stat = await file.stat();
  if (stat.isBlockDevice()) {
    if (options.sizeBytes === undefined) {
      throw new SnapledgerError('INVALID_ARGUMENT', `the size of the device ${path} is not given`, {
        remedy: 'State the size of the volume that the device shows.',
      });
    }
    return positiveSize(options.sizeBytes, path);
  }
  if (!stat.isFile()) {
    throw new SnapledgerError('DISK_UNREADABLE', `${path} is neither a file nor a block device`, {
      remedy: 'Name a disk image or a block device.',
    });
  }
  if (options.sizeBytes !== undefined && stat.size < options.sizeBytes) {
    throw endedEarly(path, stat.size, options.sizeBytes);
  }
  return positiveSize(options.sizeBytes ?? stat.size, path);
}

function positiveSize(sizeBytes: number, path: string): number {
  if (Number.isSafeInteger(sizeBytes) && sizeBytes > 0) return sizeBytes;
  throw new SnapledgerError('DISK_EMPTY', `${path} has a size of ${sizeBytes} bytes`, {
    remedy: 'Name a disk with content.',
  });
}

class FileBlockSource implements BlockSource {
  readonly sizeBytes: number;
  readonly #file: FileHandle;
  readonly #path: string;

  constructor(file: FileHandle, path: string, sizeBytes: number) {
    this.#file = file;
    this.#path = path;
    this.sizeBytes = sizeBytes;
  }

  async read(first: BlockIndex, blockCount: number, into: Uint8Array): Promise<void> {
    const begin = first * blockSizeBytes;
    const end = Math.min(begin + blockCount * blockSizeBytes, this.sizeBytes);
    if (first < 0 || blockCount < 1 || into.length !== end - begin) {
      throw new SnapledgerError(
        'INTERNAL',
        `${blockCount} blocks from ${first} on do not make ${into.length} bytes of ${this.#path}`,
      );
    }
    for (let done = 0; done < into.length;) {
      const position = begin + done;
      const bytesRead = await this.#readSome(into.subarray(done), position);
      if (bytesRead === 0) throw endedEarly(this.#path, position, this.sizeBytes);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #readSome(into: Uint8Array, position: number): Promise<number> {
    try {
      const { bytesRead } = await this.#file.read(into, 0, into.length, position);
      return bytesRead;
    } catch (cause) {
      throw new SnapledgerError(
        'DISK_UNREADABLE',
        `${this.#path} cannot be read at byte ${position}: ${reasonOf(cause)}`,
        { cause, remedy: 'Check the disk; the kernel log tells more about errors of a device.' },
      );
    }
  }
}

function endedEarly(path: string, endBytes: number, sizeBytes: number): SnapledgerError {
  return new SnapledgerError(
    'DISK_CHANGED',
    `${path} ends at byte ${endBytes}, before its size of ${sizeBytes} bytes`,
    { remedy: 'Start a new session, and see that nothing shortens the disk while it is read.' },
  );
}

function cannotOpen(path: string, cause: unknown): SnapledgerError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return missing
    ? new SnapledgerError('DISK_MISSING', `there is no disk at ${path}`, {
        cause,
        remedy: 'Check the path, and that the volume is attached.',
      })
    : new SnapledgerError('DISK_UNREADABLE', `${path} cannot be opened: ${reasonOf(cause)}`, {
        cause,
        remedy: 'Check that this user may read it.',
      });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
