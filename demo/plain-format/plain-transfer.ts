/**
 * What a worker runs of the plain format: this module alone, and what it imports.
 *
 * @module
 */
import {
  type BlockIndex,
  blockLengthBytes,
  type PreparedTransfer,
  type SessionId,
  type Transfer,
  type TransferCounts,
  type TransferOptions,
  type TransferRequest,
  type TransferSegment,
} from '../../src/format.ts';
import {
  createOnce,
  invalid,
  type PlainBlock,
  type PlainPlan,
  plainKeys,
  type PlainSegment,
  type PlannedBlock,
  readObject,
  sha256Of,
} from './plain-objects.ts';
import { toRead } from './plain-plan.ts';

/** Blocks of a segment, which are in memory at once: 8 MiB. */
const segmentBlocksMax = 16;
const grantPrefix = 'grant of the plain format for ';

/** Nothing is encrypted, so that a grant only says what it is for. */
export function grantOf(sessionId: SessionId): Uint8Array {
  return Buffer.from(grantPrefix + sessionId);
}

export function prepareTransfer(): PreparedTransfer {
  return {
    open: (options) => {
      const isGrant = Buffer.from(options.grant).toString().startsWith(grantPrefix);
      if (!isGrant) return Promise.reject(invalid('this is no grant of the plain format'));
      return Promise.resolve(createTransfer(options));
    },
    close: () => Promise.resolve(),
  };
}

function createTransfer(options: TransferOptions): Transfer {
  return { run: (request) => run(options, request), close: () => Promise.resolve() };
}

async function* run(
  options: TransferOptions,
  request: TransferRequest,
): AsyncGenerator<TransferSegment> {
  const { objectStore, attempt } = options;
  const plan = await readObject<PlainPlan>(objectStore, plainKeys.plan(request));
  if (plan === null) throw invalid(`there is no plan ${request.planId}`);
  const planned = toRead(plan);
  let { firstPlanned } = request;
  for (let number = 0; firstPlanned < planned.length; number += 1) {
    request.signal.throwIfAborted();
    const some = planned.slice(firstPlanned, firstPlanned + segmentBlocksMax);
    const { blocks, counts } = await storeBlocks(options, request, plan, some, number);
    const endPlanned = firstPlanned + some.length;
    const segment: PlainSegment = { number, firstPlanned, endPlanned, counts, blocks };
    // After its pack: a segment says that its blocks are durable.
    await createOnce(objectStore, plainKeys.segment(request, attempt, number), segment);
    yield { number, firstPlanned, endPlanned, counts };
    firstPlanned = endPlanned;
  }
}

async function storeBlocks(
  { objectStore, attempt }: TransferOptions,
  request: TransferRequest,
  { sizeBytes }: PlainPlan,
  planned: readonly PlannedBlock[],
  number: number,
): Promise<Pick<PlainSegment, 'blocks' | 'counts'>> {
  const pack = plainKeys.pack(request, attempt, number);
  const blocks: PlainBlock[] = [];
  const stored: Uint8Array[] = [];
  let offset = 0;
  let bytesRead = 0;
  let blocksUnchanged = 0;
  for (const { index, before } of planned) {
    const bytes = new Uint8Array(blockLengthBytes(sizeBytes, index as BlockIndex));
    await request.source.read(index as BlockIndex, 1, bytes);
    bytesRead += bytes.length;
    const sha256 = sha256Of(bytes);
    if (bytes.every((byte) => byte === 0)) {
      if (before === 'zero') blocksUnchanged += 1;
      blocks.push('zero');
    } else if (before !== null && typeof before === 'object' && before.sha256 === sha256) {
      blocksUnchanged += 1;
      blocks.push(before);
    } else {
      blocks.push({ pack, offset, lengthBytes: bytes.length, sha256 });
      stored.push(bytes);
      offset += bytes.length;
    }
  }
  if (stored.length > 0) await objectStore.create(pack, stored);
  const unchangedOrStored = blocksUnchanged + stored.length;
  const counts: TransferCounts = {
    blocksRead: planned.length,
    blocksUnchanged,
    blocksZero: planned.length - unchangedOrStored,
    blocksDeduplicated: 0,
    blocksStored: stored.length,
    bytesRead,
    bytesStored: offset,
  };
  return { blocks, counts };
}
