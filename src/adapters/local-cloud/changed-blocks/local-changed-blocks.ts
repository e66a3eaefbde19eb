import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, SnapshotId } from '../../../domain/identifiers.ts';
import type { ChangedBlock, ChangedBlocks } from '../../../ports/cloud/changed-blocks.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { openTable } from '../snapshots/snapshot-table.ts';
import {
  requireSnapshot,
  snapshotNotFoundError,
  type StoredSnapshot,
} from '../snapshots/snapshot-catalogue.ts';
import { type DigestPage, isPresent, isSameDigest } from './digest-page.ts';
import type { DigestTableReader } from './digest-table-reader.ts';

/**
 * Changed block tracking by comparing the digest tables of two snapshots, page by page: what
 * differs is found by content, whoever wrote it and however.
 *
 * A block is absent until it was seen with content other than zeros in its volume's lineage, and
 * present from then on, zero or not. (A snapshot inherits this from the newest one of its volume
 * that exists when it is taken; when none does, the lineage begins anew.)
 *
 * Damaged tables: of the base, SNAPSHOTS_UNRELATED; of the snapshot itself,
 * CHANGED_BLOCKS_UNAVAILABLE. Each time a wider read gives the same backup.
 */
export function createLocalChangedBlocks({ folders }: LocalCloudContext): ChangedBlocks {
  const { snapshots } = folders;
  return {
    async *listSnapshotBlocks(snapshotId) {
      const table = await requireTable(await requireSnapshot(snapshots, snapshotId), 'itself');
      try {
        for (let page = await table.next(); page !== null; page = await table.next()) {
          const blocks = presentBlocks(page);
          if (blocks.length > 0) yield blocks;
        }
      } finally {
        await table.close();
      }
    },
    async *listChangedBlocks(firstId, secondId) {
      const first = await requireSnapshot(snapshots, firstId);
      const second = await requireSnapshot(snapshots, secondId);
      requireRelated(first, second);
      const before = await requireTable(first, 'base');
      try {
        const after = await requireTable(second, 'itself');
        try {
          yield* comparePages(before, after);
        } finally {
          await after.close();
        }
      } finally {
        await before.close();
      }
    },
  };
}

async function* comparePages(
  before: ReadableTable,
  after: ReadableTable,
): AsyncGenerator<readonly ChangedBlock[]> {
  for (;;) {
    const [old, now] = [await before.next(), await after.next()];
    if (old === null || now === null) return;
    const changed = changedBlocks(old, now);
    if (changed.length > 0) yield changed;
  }
}

function presentBlocks(page: DigestPage): readonly BlockIndex[] {
  const blocks: BlockIndex[] = [];
  for (let position = 0; position < page.blockCount; position += 1) {
    if (isPresent(page, position)) blocks.push((page.firstBlock + position) as BlockIndex);
  }
  return blocks;
}

function changedBlocks(before: DigestPage, after: DigestPage): readonly ChangedBlock[] {
  const changed: ChangedBlock[] = [];
  for (let position = 0; position < after.blockCount; position += 1) {
    const index = (after.firstBlock + position) as BlockIndex;
    const [was, is] = [isPresent(before, position), isPresent(after, position)];
    if (was && !is) changed.push({ index, state: 'absent' });
    if (is && (!was || !isSameDigest(before, after, position))) {
      changed.push({ index, state: 'present' });
    }
  }
  return changed;
}

type ReadableTable = Pick<DigestTableReader, 'next' | 'close'>;

/** What a table is read for: to compare with it, or for the snapshot that is backed up. */
type TableRole = 'base' | 'itself';

/** A table whose damage, wherever it shows, is an error that whoever lists blocks can act on. */
async function requireTable(snapshot: StoredSnapshot, role: TableRole): Promise<ReadableTable> {
  const { snapshotId } = snapshot;
  const table = await explained(snapshotId, role, () => openTable(snapshot));
  if (table === null) throw snapshotNotFoundError(snapshotId);
  return {
    next: () => explained(snapshotId, role, () => table.next()),
    close: () => table.close(),
  };
}

async function explained<T>(
  snapshotId: SnapshotId,
  role: TableRole,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!hasErrorCode(error, 'CLOUD_STATE_CORRUPT')) throw error;
    throw damageError(snapshotId, role, error);
  }
}

function damageError(
  snapshotId: SnapshotId,
  role: TableRole,
  cause: SnapledgerError,
): SnapledgerError {
  switch (role) {
    case 'base':
      return unrelatedError(
        `the digest table of the base ${snapshotId} is damaged: ${cause.message}`,
        cause,
      );
    case 'itself':
      return new SnapledgerError(
        'CHANGED_BLOCKS_UNAVAILABLE',
        `the digest table of ${snapshotId} is damaged: ${cause.message}`,
        { cause, remedy: 'Read the volume in full.', details: { reason: 'no-api' } },
      );
  }
}

function requireRelated(first: StoredSnapshot, second: StoredSnapshot): void {
  const pair: readonly SnapshotId[] = [first.snapshotId, second.snapshotId];
  const ids = pair.join(' and ');
  if (first.volumeId !== second.volumeId) {
    throw unrelatedError(`${ids} are of different volumes`);
  }
  if (first.sizeBytes !== second.sizeBytes) {
    throw unrelatedError(
      `the volume was resized between ${ids}, from ${first.sizeBytes} to ${second.sizeBytes} bytes`,
    );
  }
}

function unrelatedError(message: string, cause?: SnapledgerError): SnapledgerError {
  return new SnapledgerError('SNAPSHOTS_UNRELATED', message, {
    ...(cause === undefined ? {} : { cause }),
    remedy: 'Read the volume in full.',
  });
}
