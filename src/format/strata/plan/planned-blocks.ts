import type { BlockSelection } from '../../transfer-plan.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { MapCursor } from '../map/map-cursor.ts';
import { mapFanout } from '../map/map-geometry.ts';
import type { MapEntry } from '../map/map-node.ts';
import type { PlannedParent } from '../object/transfer-plan.ts';
import type { RecordPresence } from '../pack/record-presence.ts';
import { checkParentRecords } from './check-parent-map.ts';

export type PlannedBlock =
  | { readonly action: 'read'; readonly index: BlockIndex; readonly parent: PlannedParent }
  | { readonly action: 'absent'; readonly index: BlockIndex };

export interface ParentMap {
  /**
   * Whether all that it leads to was checked before, or each leaf is when a change falls in it; `nothing`:
   * every block is read, so that nothing is taken over from it unread.
   */
  readonly checked: 'whole' | 'by-leaf' | 'nothing';
  readonly cursor: MapCursor;
  readonly presence: RecordPresence;
}

/** Blocks of a page when every block is planned. */
const everythingPageBlocks = 4096;

/**
 * The blocks of a plan, ascending, in pages, each with what the parent has in its place. What
 * cannot be read there any more counts as unknown, so that the block is stored again; but where
 * blocks are taken over unread, the parent is refused.
 *
 * @throws INVALID_ARGUMENT when the selection does not ascend or leaves the volume; what the
 *   selection throws; OBJECT_CORRUPT for the parent's map and, in a leaf with changed blocks, for
 *   its records
 */
export async function* plannedBlocks(
  selection: BlockSelection,
  blockCount: number,
  parent: ParentMap | null,
): AsyncGenerator<readonly PlannedBlock[]> {
  let last = -1;
  const check = (index: BlockIndex): void => {
    if (!Number.isInteger(index) || index <= last) throw disordered(index, last);
    if (index >= blockCount) throw beyondTheEnd(index, blockCount);
    last = index;
  };
  const areLeavesChecked = parent?.checked === 'by-leaf';
  let checkedLeaf = -1;
  for await (const page of pagesOf(selection, blockCount)) {
    const planned: PlannedBlock[] = [];
    for (const { index, state } of page) {
      check(index);
      const leaf = Math.floor(index / mapFanout);
      if (areLeavesChecked && leaf !== checkedLeaf) {
        await checkLeaf(parent, leaf);
        checkedLeaf = leaf;
      }
      if (state === 'absent') {
        planned.push({ action: 'absent', index });
      } else {
        const known = parent === null ? null : await knownParentOf(parent, index);
        planned.push({ action: 'read', index, parent: known });
      }
    }
    yield planned;
  }
}

/** @throws OBJECT_CORRUPT when a record of the leaf cannot be read */
async function checkLeaf({ cursor, presence }: ParentMap, position: number): Promise<void> {
  const leaf = await cursor.nodeAt(0, position);
  if (typeof leaf === 'string') return;
  const refs = leaf.entries.filter((entry) => typeof entry !== 'string');
  await checkParentRecords(refs, presence);
}

async function knownParentOf(
  { cursor, presence }: ParentMap,
  index: BlockIndex,
): Promise<PlannedParent> {
  const entry = await cursor.blockAt(index);
  if (typeof entry === 'string') return plannedParentOf(entry);
  return (await presence.problemOf(entry)) === null ? plannedParentOf(entry) : null;
}

interface SelectedBlock {
  readonly index: BlockIndex;
  readonly state: 'present' | 'absent';
}

async function* pagesOf(
  selection: BlockSelection,
  blockCount: number,
): AsyncGenerator<readonly SelectedBlock[]> {
  switch (selection.kind) {
    case 'changed':
      yield* selection.pages;
      break;
    case 'allocated':
      for await (const page of selection.pages) yield page.map(present);
      break;
    case 'everything':
      for (let first = 0; first < blockCount; first += everythingPageBlocks) {
        const length = Math.min(everythingPageBlocks, blockCount - first);
        yield Array.from({ length }, (_, n) => present((first + n) as BlockIndex));
      }
      break;
  }
}

function present(index: BlockIndex): SelectedBlock {
  return { index, state: 'present' };
}

/** What a worker compares with: an absent block of the parent is nothing to compare with. */
export function plannedParentOf(entry: MapEntry): PlannedParent {
  if (entry === 'absent') return null;
  return entry === 'zero' ? entry : entry.id;
}

function disordered(index: number, last: number): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the blocks to read do not ascend: block ${index} came after block ${last}`,
    { remedy: 'This is a defect of what lists the blocks; report it with the session.' },
  );
}

function beyondTheEnd(index: number, blockCount: number): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `block ${index} is beyond the end of the volume, which has ${blockCount} blocks`,
    { remedy: 'The snapshot and the size of the volume do not belong together; plan again.' },
  );
}
