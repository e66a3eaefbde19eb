import type { BlockSelection } from '../../transfer-plan.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { MapCursor } from '../map/map-cursor.ts';
import type { MapEntry } from '../map/map-node.ts';
import type { PlannedParent } from '../object/transfer-plan.ts';

export type PlannedBlock =
  | { readonly action: 'read'; readonly index: BlockIndex; readonly parent: PlannedParent }
  | { readonly action: 'absent'; readonly index: BlockIndex };

/** Blocks of a page when every block is planned. */
const everythingPageBlocks = 4096;

/**
 * The blocks of a plan, ascending, in pages, each with what the parent has in its place.
 *
 * @throws INVALID_ARGUMENT when the selection does not ascend or leaves the volume; what the
 *   selection throws; OBJECT_CORRUPT, OBJECT_NOT_FOUND for the parent's map
 */
export async function* plannedBlocks(
  selection: BlockSelection,
  blockCount: number,
  parent: MapCursor | null,
): AsyncGenerator<readonly PlannedBlock[]> {
  let last = -1;
  const check = (index: BlockIndex): void => {
    if (!Number.isInteger(index) || index <= last) throw disordered(index, last);
    if (index >= blockCount) throw beyondTheEnd(index, blockCount);
    last = index;
  };
  for await (const page of pagesOf(selection, blockCount)) {
    const planned: PlannedBlock[] = [];
    for (const { index, state } of page) {
      check(index);
      if (state === 'absent') {
        planned.push({ action: 'absent', index });
      } else {
        const entry = parent === null ? 'absent' : await parent.blockAt(index);
        planned.push({ action: 'read', index, parent: plannedParentOf(entry) });
      }
    }
    yield planned;
  }
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
