import type { BlockSelection } from '../../transfer-plan.ts';
import { invalid } from '../object/refusals.ts';

/** Neighbouring blocks that a selection names. */
export interface SelectedBlocks {
  readonly first: number;
  readonly count: number;
  readonly task: 'read' | 'absent';
}

/** The blocks of a selection in runs. @throws INVALID_ARGUMENT, and what its pages throw */
export async function* selectedBlocks(
  selection: BlockSelection,
  blockCount: number,
): AsyncGenerator<SelectedBlocks, void> {
  if (selection.kind === 'everything') {
    if (blockCount > 0) yield { first: 0, count: blockCount, task: 'read' };
    return;
  }
  let first = 0;
  let count = 0;
  let task: SelectedBlocks['task'] = 'read';
  for await (const block of named(selection)) {
    const end = first + count;
    if (block.index >= blockCount) {
      throw invalid(`block ${block.index} is beyond the end of the volume`);
    }
    if (block.index < end) throw invalid('the blocks do not ascend');
    if (block.index > end || block.task !== task) {
      if (count > 0) yield { first, count, task };
      ({ index: first, task } = block);
      count = 0;
    }
    count += 1;
  }
  if (count > 0) yield { first, count, task };
}

async function* named(
  selection: Exclude<BlockSelection, { readonly kind: 'everything' }>,
): AsyncGenerator<{ readonly index: number; readonly task: SelectedBlocks['task'] }, void> {
  if (selection.kind === 'allocated') {
    for await (const page of selection.pages)
      for (const index of page) yield { index, task: 'read' };
    return;
  }
  for await (const page of selection.pages) {
    for (const { index, state } of page)
      yield { index, task: state === 'present' ? 'read' : 'absent' };
  }
}
