import {
  blockCountOf,
  type BlockSelection,
  type ObjectStore,
  type TransferPlanRequest,
  type TransferPlanSummary,
} from '../../src/format.ts';
import {
  createOnce,
  invalid,
  type PlainBlock,
  type PlainPlan,
  plainKeys,
  type PlannedBlock,
} from './plain-objects.ts';

/** A volume of the parent, as far as planning and committing need it. */
export interface ParentVolume {
  readonly sizeBytes: number;
  readonly blocks: readonly PlainBlock[];
}

/** @throws INVALID_ARGUMENT, and whatever the pages of the selection throw */
export async function writePlan(
  objectStore: ObjectStore,
  request: TransferPlanRequest,
  parentVolume: ParentVolume | null,
): Promise<TransferPlanSummary> {
  const { sizeBytes, selection, parent } = request;
  if (selection.kind === 'changed' && parentVolume?.sizeBytes !== sizeBytes) {
    throw invalid(`changed blocks of ${sizeBytes} bytes need a parent that had as many`);
  }
  const blocks: PlannedBlock[] = [];
  for await (const { index, task } of selected(selection, blockCountOf(sizeBytes))) {
    if (index >= blockCountOf(sizeBytes)) throw invalid(`block ${index} is beyond the end`);
    const last = blocks.at(-1);
    if (last !== undefined && last.index >= index) throw invalid('the blocks do not ascend');
    blocks.push({ index, task, before: parentVolume?.blocks[index] ?? null });
  }
  const others = selection.kind === 'changed' ? 'as-in-parent' : 'absent';
  const plan: PlainPlan = { sizeBytes, parent, others, blocks };
  await createOnce(objectStore, plainKeys.plan(request), plan);
  return { plannedBlocks: toRead(plan).length };
}

/** The blocks that the worker reads; positions in a plan count these. */
export function toRead({ blocks }: PlainPlan): readonly PlannedBlock[] {
  return blocks.filter(({ task }) => task === 'read');
}

type Selected = Pick<PlannedBlock, 'index' | 'task'>;

async function* selected(selection: BlockSelection, blockCount: number): AsyncGenerator<Selected> {
  switch (selection.kind) {
    case 'everything':
      for (let index = 0; index < blockCount; index += 1) yield { index, task: 'read' };
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
