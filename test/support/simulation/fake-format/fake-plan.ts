import { blockCountOf } from '../../../../src/domain/block-size.ts';
import type { BlockIndex } from '../../../../src/domain/identifiers.ts';
import type { BlockSelection, TransferPlanRequest } from '../../../../src/format/transfer-plan.ts';
import { type FakePlan, type FakePlanEntry, invalid } from './fake-objects.ts';
import type { StoredBlock } from './stored-block.ts';

/** The parent's volume, as far as planning needs it. */
export interface ParentVolume {
  readonly sizeBytes: number;
  readonly blocks: readonly StoredBlock[];
}

/** @throws INVALID_ARGUMENT; errors of the selection's pages pass through */
export async function makePlan(
  { sizeBytes, selection, parent }: TransferPlanRequest,
  parentVolume: ParentVolume | null,
): Promise<FakePlan> {
  if (selection.kind === 'changed' && parentVolume?.sizeBytes !== sizeBytes) {
    throw invalid(`changed blocks need a parent of ${sizeBytes} bytes; it had another size`);
  }
  const entries: FakePlanEntry[] = [];
  for await (const { index, task } of selected(selection, blockCountOf(sizeBytes))) {
    if (index >= blockCountOf(sizeBytes)) throw invalid(`block ${index} is beyond the end`);
    const before = entries.at(-1);
    if (before !== undefined && before.index >= index) throw invalid('blocks do not ascend');
    entries.push({ index, task, parentBlock: parentVolume?.blocks[index] ?? null });
  }
  return { sizeBytes, base: selection.kind === 'changed' ? 'parent' : 'empty', parent, entries };
}

type Selected = Pick<FakePlanEntry, 'index' | 'task'>;

async function* selected(
  selection: BlockSelection,
  blockCount: number,
): AsyncGenerator<Selected, void> {
  switch (selection.kind) {
    case 'everything':
      for (let index = 0; index < blockCount; index += 1) {
        yield { index: index as BlockIndex, task: 'read' };
      }
      return;
    case 'allocated':
      for await (const page of selection.pages) {
        for (const index of page) yield { index, task: 'read' };
      }
      return;
    case 'changed':
      for await (const page of selection.pages) {
        for (const { index, state } of page) {
          yield { index, task: state === 'present' ? 'read' : 'absent' };
        }
      }
  }
}
