import { type FileHandle, open } from 'node:fs/promises';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { CreateSetOptions } from '../../../ports/cloud/snapshots.ts';
import type { DigestPage } from '../changed-blocks/digest-page.ts';
import type { DigestTableReader } from '../changed-blocks/digest-table-reader.ts';
import { DigestTableWriter } from '../changed-blocks/digest-table-writer.ts';
import { diskChangedError, isUnchanged } from '../instances/disk.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { cloneDisks, type DiskCapture } from './clone-disks.ts';
import { DiskScanner, type FoundPage } from './disk-scanner.ts';
import { inheritPresence } from './inherit-presence.ts';
import { tellingProgress } from './telling-progress.ts';
import type { CaptureMethod } from './snapshot-set-record.ts';

/** A snapshot to be made: image and digest table of one disk. */
export interface SnapshotCapture extends DiskCapture {
  readonly tablePath: string;
  /** The table of the snapshot before, not read yet; null for the first of its volume. */
  readonly parent: DigestTableReader | null;
}

export interface CaptureOptions extends Pick<CreateSetOptions, 'onProgress'> {
  readonly signal: AbortSignal;
}

export interface CapturedDisk<T> {
  readonly capture: T;
  readonly method: CaptureMethod;
}

/**
 * Makes the images and digest tables of all disks, as they are at one point in time, durable and
 * read-only. What cannot be cloned is copied; a disk that is written meanwhile, in a way that its
 * file times or its size show, is an error.
 *
 * @throws DISK_CHANGED, DISK_*, STORE_FULL, STORE_UNAVAILABLE, and the signal's reason; files may
 *   then be left behind.
 */
export async function captureDisks<T extends SnapshotCapture>(
  captures: readonly T[],
  { clock, scansOn }: Pick<LocalCloudContext, 'clock' | 'scansOn'>,
  { signal, onProgress }: CaptureOptions,
): Promise<readonly CapturedDisk<T>[]> {
  const { cloned, rest } = await cloneDisks(captures, clock);
  const sizeBytes = captures.reduce((sum, { disk }) => sum + disk.fingerprint.sizeBytes, 0);
  const scanner = new DiskScanner(sizeBytes, signal, scansOn);
  const scan = async (): Promise<void> => {
    // The copies first: the sooner they are done, the less can be written meanwhile.
    for (const capture of rest) {
      await copyDisk(scanner, capture);
      await requireUnchanged(capture);
    }
    for (const capture of rest) await requireUnchanged(capture);
    for (const capture of cloned) await scanClone(scanner, capture);
  };
  try {
    if (onProgress === undefined) await scan();
    else {
      const bytesDone = (): number => scanner.bytesDone;
      await tellingProgress({ clock, bytesDone, bytesTotal: sizeBytes, onProgress }, scan);
    }
  } finally {
    // Before anybody closes the files that the threads read and write.
    await scanner.close();
  }
  return [
    ...rest.map((capture) => ({ capture, method: 'copy' as const })),
    ...cloned.map((capture) => ({ capture, method: 'reflink' as const })),
  ];
}

async function copyDisk(scanner: DiskScanner, capture: SnapshotCapture): Promise<void> {
  const { disk, imagePath } = capture;
  const { sizeBytes } = disk.fingerprint;
  await withImage(imagePath, 'wx', async (image) => {
    await image.truncate(sizeBytes);
    await scanInto(capture, sizeBytes, (onPage) =>
      scanner.scan({
        source: { path: disk.imagePath, fd: disk.handle.fd, sizeBytes },
        target: { path: imagePath, fd: image.fd },
        onPage,
      }),
    );
  });
}

async function scanClone(scanner: DiskScanner, capture: SnapshotCapture): Promise<void> {
  const { disk, imagePath } = capture;
  const { sizeBytes } = disk.fingerprint;
  await withImage(imagePath, 'r', (image) =>
    scanInto(capture, sizeBytes, (onPage) =>
      scanner.scan({ source: { path: imagePath, fd: image.fd, sizeBytes }, target: null, onPage }),
    ),
  );
}

/** Writes the digest table of what `scan` finds, and of what the parent knows. */
async function scanInto(
  { tablePath, parent }: SnapshotCapture,
  sizeBytes: number,
  scan: (onPage: (found: FoundPage) => Promise<void>) => Promise<void>,
): Promise<void> {
  const pagesBefore = parentPages(parent);
  const table = await DigestTableWriter.create(tablePath, sizeBytes);
  try {
    await scan(async (found) => {
      const before = await pagesBefore();
      await table.append(inheritPresence(found, before, sizeBytes));
    });
    await table.sync();
  } finally {
    await table.close();
  }
}

/**
 * Page after page of the parent, null after the last. From a damaged page on nothing is inherited:
 * a snapshot is worth more than the history of what was present, whose loss makes blocks that are
 * zero now absent instead of present.
 */
function parentPages(parent: DigestTableReader | null): () => Promise<DigestPage | null> {
  let rest = parent;
  return async () => {
    try {
      return (await rest?.next()) ?? null;
    } catch (error) {
      if (!hasErrorCode(error, 'CLOUD_STATE_CORRUPT')) throw error;
      rest = null;
      return null;
    }
  };
}

/** Opens an image to fill or to read it, and leaves it durable and read-only. */
async function withImage(
  imagePath: string,
  flags: 'wx' | 'r',
  work: (image: FileHandle) => Promise<void>,
): Promise<void> {
  const image = await open(imagePath, flags, 0o600);
  try {
    await work(image);
    await image.chmod(0o400);
    await image.sync();
  } finally {
    await image.close();
  }
}

async function requireUnchanged({ disk }: SnapshotCapture): Promise<void> {
  if (await isUnchanged(disk)) return;
  throw diskChangedError(disk.imagePath, 'was written while its snapshot was taken');
}
