import { locationOf, type MapNodeReader } from '../map/map-node-reader.ts';
import type { MapRoot } from '../map/map-node.ts';
import { mapRuns } from '../map/map-runs.ts';
import type { RecordRef } from '../map/record-ref.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import type { RecordPresence } from '../pack/record-presence.ts';

/**
 * Volumes of up to this many blocks (512 GiB) have the whole map of their parent read before an
 * increment: some 45 MB for the largest of them. Of larger ones only the leaves that the increment
 * touches are looked at.
 */
export const wholeMapBlocksMax = 1024 * 1024;

/**
 * Refuses a map of which a node is damaged, or that refers to a record that cannot be read: a
 * point that took blocks over from it could not be restored.
 *
 * @throws OBJECT_CORRUPT
 */
export async function checkParentMap(
  root: MapRoot,
  reader: MapNodeReader,
  presence: RecordPresence,
): Promise<void> {
  for await (const run of mapRuns(root, reader)) {
    if (run.kind === 'damage') {
      const { objectKey, range, reason } = run;
      throw objectCorrupt({ objectKey, ...(range === null ? {} : { range }) }, reason);
    }
    if (run.kind === 'data') await checkParentRecords(run.refs, presence);
  }
}

/** @throws OBJECT_CORRUPT when one of the records cannot be read */
export async function checkParentRecords(
  refs: readonly RecordRef[],
  presence: RecordPresence,
): Promise<void> {
  const found = await presence.problemAmong(refs);
  if (found === null) return;
  const { ref, objectKey, reason } = found;
  throw objectCorrupt(objectKey === ref.pack.key ? locationOf(ref) : { objectKey }, reason);
}
