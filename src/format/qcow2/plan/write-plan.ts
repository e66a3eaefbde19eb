import { blockCountOf } from '../../../domain/block-size.ts';
import type { TransferPlanRequest, TransferPlanSummary } from '../../transfer-plan.ts';
import { type ChainImage, type ChainRun, readChain } from '../image/image-chain.ts';
import { objectKeys } from '../object/object-keys.ts';
import { PutQueue } from '../object/put-queue.ts';
import { wrapJson } from '../object/json-object.ts';
import { invalid, isDamage } from '../object/refusals.ts';
import type { CurrentChain } from '../point/current-chain.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { encodePlanEntries, type PlanEntry } from './plan-entry.ts';
import type { PlanSummary } from './plan-summary.ts';
import { selectedBlocks, type SelectedBlocks } from './selected-blocks.ts';

/** Entries of a page: 352 KiB. */
const pageEntriesMax = 8192;

export interface ParentVolume {
  readonly sizeBytes: number;
  readonly chain: CurrentChain;
}

/** @throws INVALID_ARGUMENT, OBJECT_CORRUPT, and whatever the pages of the selection throw */
export async function writePlan(
  context: RepositoryContext,
  request: TransferPlanRequest,
  parent: ParentVolume | null,
): Promise<TransferPlanSummary> {
  const { sizeBytes, selection } = request;
  if (selection.kind === 'changed' && parent?.sizeBytes !== sizeBytes) {
    throw invalid(`changed blocks of ${sizeBytes} bytes need a parent that had as many`);
  }
  const envelope = context.controlEnvelope(request.sessionId);
  const puts = new PutQueue(context);
  const pages: number[] = [];
  let page: PlanEntry[] = [];
  const putPage = async (): Promise<void> => {
    if (page.length === 0) return;
    const key = objectKeys.planPage(request, pages.length);
    pages.push(page.reduce((sum, { task, count }) => sum + (task === 'read' ? count : 0), 0));
    const bytes = encodePlanEntries(page);
    page = [];
    await puts.put(key, envelope.wrap(key, bytes));
  };
  for await (const entry of planned(context, request, parent)) {
    if (page.length === pageEntriesMax) await putPage();
    page.push(entry);
  }
  await putPage();
  const plannedBlocks = pages.reduce((sum, blocks) => sum + blocks, 0);
  const summary: PlanSummary = { sizeBytes, parent: request.parent, pages, plannedBlocks };
  const key = objectKeys.planSummary(request);
  await puts.settled();
  await puts.put(key, wrapJson(envelope, key, summary));
  await puts.settled();
  return { plannedBlocks };
}

/** What is selected, with what was there before, and what has become absent. */
async function* planned(
  context: RepositoryContext,
  { sizeBytes, selection }: TransferPlanRequest,
  parent: ParentVolume | null,
): AsyncGenerator<PlanEntry, void> {
  const blockCount = blockCountOf(sizeBytes);
  const before = new RunsBefore(context, parent, blockCount);
  // Of changed blocks alone those that are not named are as before.
  const othersAreAbsent = selection.kind !== 'changed';
  let next = 0;
  for await (const run of selectedBlocks(selection, blockCount)) {
    if (othersAreAbsent) yield* before.absentNow(next, run.first);
    yield* before.entriesOf(run);
    next = run.first + run.count;
  }
  if (othersAreAbsent) yield* before.absentNow(next, blockCount);
}

/** Goes through what the parent has, which is asked for in ascending order, also while it is merged. */
class RunsBefore {
  readonly #context: RepositoryContext;
  readonly #chain: CurrentChain | null;
  readonly #blockCount: number;
  #reading: ChainReading | null = null;
  #run: ChainRun | null = null;

  constructor(context: RepositoryContext, parent: ParentVolume | null, blockCount: number) {
    this.#context = context;
    this.#chain = parent?.chain ?? null;
    this.#blockCount = blockCount;
  }

  /** What was something, and is not selected. */
  async *absentNow(first: number, end: number): AsyncGenerator<PlanEntry, void> {
    for await (const { first: at, count, before } of this.#between(first, end)) {
      if (before.state !== 'absent') yield { first: at, count, task: 'absent', before };
    }
  }

  async *entriesOf({ first, count, task }: SelectedBlocks): AsyncGenerator<PlanEntry, void> {
    if (task === 'absent') yield* this.absentNow(first, first + count);
    else for await (const run of this.#between(first, first + count)) yield { ...run, task };
  }

  async *#between(first: number, end: number): AsyncGenerator<Omit<PlanEntry, 'task'>, void> {
    let at = first;
    while (at < end) {
      const run = await this.#runAt(at);
      const until = run === null ? end : Math.min(end, run.first + run.count);
      yield { first: at, count: until - at, before: beforeOf(run) };
      at = until;
    }
  }

  async #runAt(block: number): Promise<ChainRun | null> {
    if (this.#chain === null) return null;
    while (this.#run === null || this.#run.first + this.#run.count <= block) {
      this.#reading ??= this.#readFrom(await this.#chain.images(), block);
      const { images, runs } = this.#reading;
      try {
        const next = await runs.next();
        if (next.done === true) return null;
        this.#run = next.value;
      } catch (error) {
        if (!isDamage(error) || !(await this.#chain.hasChangedSince(images))) throw error;
        // The blocks are in the newer images what they were.
        this.#reading = null;
      }
    }
    return this.#run;
  }

  #readFrom(images: readonly ChainImage[], block: number): ChainReading {
    return { images, runs: readChain(this.#context, images, block, this.#blockCount) };
  }
}

interface ChainReading {
  readonly images: readonly ChainImage[];
  readonly runs: AsyncIterator<ChainRun, void>;
}

function beforeOf(run: ChainRun | null): PlanEntry['before'] {
  if (run === null) return { state: 'absent' };
  return run.state === 'data' ? { state: 'data', digest: run.record.digest } : { state: run.state };
}
