import { blockLengthBytes } from '../../../../src/domain/block-size.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  Transfer,
  TransferOptions,
  TransferRequest,
} from '../../../../src/format/transfer.ts';
import type { TransferSegment } from '../../../../src/format/transfer-segment.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import {
  createJson,
  fakeKeys,
  type FakePlan,
  type FakePlanEntry,
  type FakeSegment,
  invalid,
  readJson,
} from './fake-objects.ts';
import { identityOf, type StoredBlock, storedBlockOf } from './stored-block.ts';

/** Planned blocks in one segment: few, so that a small disk takes several. */
const segmentBlocksMax = 3;

export function createFakeTransfer({ objectStore, attempt }: TransferOptions): Transfer {
  return {
    async *run(request: TransferRequest): AsyncGenerator<TransferSegment, void> {
      const plan = await readJson<FakePlan>(objectStore, fakeKeys.plan(request));
      if (plan === null) throw invalid(`there is no plan ${request.planId}`);
      const planned = plan.entries.filter(({ task }) => task === 'read');
      const known = new Set(
        plan.entries.flatMap(({ parentBlock }) =>
          parentBlock === null ? [] : [identityOf(parentBlock)],
        ),
      );
      let number = 0;
      let firstPlanned = request.firstPlanned;
      while (firstPlanned < planned.length) {
        request.signal.throwIfAborted();
        const entries = planned.slice(firstPlanned, firstPlanned + segmentBlocksMax);
        const transferred = await transferBlocks(objectStore, request, plan, entries, known);
        const endPlanned = firstPlanned + entries.length;
        const segment: FakeSegment = { number, firstPlanned, endPlanned, ...transferred };
        const key = fakeKeys.segment(request, attempt, number);
        if ((await createJson(objectStore, key, segment)) === 'exists') {
          throw invalid(`attempt ${attempt} has posted segment ${number} before`);
        }
        const { counts } = segment;
        yield { number, firstPlanned, endPlanned, counts };
        number += 1;
        firstPlanned = endPlanned;
      }
    },
    close: () => Promise.resolve(),
  };
}

async function transferBlocks(
  objectStore: ObjectStore,
  { source, sessionId }: TransferRequest,
  { sizeBytes }: FakePlan,
  entries: readonly FakePlanEntry[],
  known: Set<string>,
): Promise<Pick<FakeSegment, 'blocks' | 'counts'>> {
  const blocks: StoredBlock[] = [];
  const counts = {
    blocksRead: entries.length,
    blocksUnchanged: 0,
    blocksZero: 0,
    blocksDeduplicated: 0,
    blocksStored: 0,
    bytesRead: 0,
    bytesStored: 0,
  };
  for (const { index, parentBlock } of entries) {
    const bytes = new Uint8Array(blockLengthBytes(sizeBytes, index));
    await source.read(index, 1, bytes);
    counts.bytesRead += bytes.byteLength;
    const { block, objectKey } = storedBlockOf(bytes, fakeKeys.packs(sessionId));
    if (parentBlock !== null && identityOf(parentBlock) === identityOf(block)) {
      blocks.push(parentBlock);
      counts.blocksUnchanged += 1;
      continue;
    }
    blocks.push(block);
    if (block === 'zero') {
      counts.blocksZero += 1;
      continue;
    }
    if (known.has(identityOf(block))) counts.blocksDeduplicated += 1;
    else counts.blocksStored += 1;
    counts.bytesStored += bytes.byteLength;
    known.add(identityOf(block));
    if (objectKey !== null) await createOnce(objectStore, objectKey, bytes);
  }
  return { blocks, counts };
}

/** The key is made of the content: whoever was here before wrote the same. */
async function createOnce(
  objectStore: ObjectStore,
  key: Parameters<ObjectStore['create']>[0],
  bytes: Uint8Array,
): Promise<void> {
  try {
    await objectStore.create(key, bytes);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
}
