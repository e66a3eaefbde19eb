import { readFile, stat } from 'node:fs/promises';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { objectStoreLimits, type ObjectStore } from '../../ports/object-store.ts';
import { keepWorkerArchive } from './worker-archives.ts';

/** What a gzip-compressed file begins with (RFC 1952, 2.3.1). */
const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);

/**
 * The archive of Node for the workers of a vault, which is to be put where they find it.
 *
 * @param path null: the image of the workers has Node
 * @throws INVALID_ARGUMENT for a file that is not there or cannot be such an archive
 */
export async function readNodeArchive(path: string | null): Promise<Uint8Array | null> {
  return path === null ? null : await readArchive(path);
}

/** Puts it there. @returns its SHA-256 in hex @throws as `keepWorkerArchive` */
export async function keepNodeArchive(
  objectStore: Pick<ObjectStore, 'head' | 'get' | 'create'>,
  archive: Uint8Array | null,
): Promise<string | null> {
  return archive === null ? null : await keepWorkerArchive(objectStore, archive);
}

async function readArchive(path: string): Promise<Uint8Array> {
  let content: Buffer;
  try {
    const { size } = await stat(path);
    if (size > objectStoreLimits.objectMaxBytes) throw new Error(`it has ${size} bytes`);
    content = await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unusable(path, reason, error);
  }
  if (content.subarray(0, gzipMagic.length).equals(gzipMagic)) return content;
  throw unusable(path, 'it is not gzip-compressed');
}

function unusable(path: string, reason: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `'${path}' cannot be the archive of Node for workers: ${reason}`,
    {
      cause,
      remedy:
        'Give the file node-v24.…-linux-arm64.tar.gz (or -x64) that nodejs.org has, or leave it out if the image has Node.',
    },
  );
}
