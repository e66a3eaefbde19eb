import { assert } from '../../../domain/errors/assert.ts';
import type { RepositoryId, TimestampMs } from '../../../domain/identifiers.ts';
import type { BlockSource } from '../../../ports/block-source.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { CompressionChoice, TransferRequest } from '../../transfer.ts';
import type { TransferSegment } from '../../transfer-segment.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import type { SessionKeys } from '../keys/session-keys.ts';
import { BlockCollector } from './block-collector.ts';
import { compressionEfforts, whileUploadsWait } from '../../compression-effort.ts';
import type { EncodeJob } from './encode-batch.ts';
import { encodeInOrder } from './encode-in-order.ts';
import type { IdTable } from './id-table.ts';
import type { PackWriter } from './pack-writer.ts';
import { readPlannedBatches } from './read-planned-batches.ts';
import type { RetryContext } from '../../flow/retry-unavailable.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { JobRunner } from './threads/job-runner.ts';
import { transferLimits } from './transfer-limits.ts';

/** What the volumes of one transfer share. */
export interface TransferState {
  readonly objectStore: ObjectStore;
  readonly repositoryId: RepositoryId;
  readonly keys: SessionKeys;
  readonly attempt: number;
  readonly pool: JobRunner<EncodeJob, void>;
  readonly slotsMax: number;
  readonly compression: CompressionChoice;
  readonly packs: PackWriter;
  readonly stored: IdTable;
  readonly takeOrdinals: (count: number) => number;
}

/**
 * Transfers one volume. After it threw, or was left before its end, `state` is of no more use:
 * its tables may tell of records that never became durable.
 */
export async function* runTransfer(
  state: TransferState,
  request: TransferRequest,
  retry: RetryContext,
): AsyncGenerator<TransferSegment, void> {
  assert(request.sessionId === state.keys.sessionId, 'the plan is one of the session');
  const { objectStore, packs } = state;
  const repositoryIdBytes = uuidToBytes(state.repositoryId);
  const { sessionId, controlKey } = state.keys;
  const { planId, firstPlanned, source } = request;
  const segments = new SegmentWriter({
    ...{ objectStore, repositoryIdBytes, sessionId, planId, controlKey, firstPlanned, retry },
    attempt: state.attempt,
    packNameOf: (packNumber) => packs.nameOf(packNumber),
  });
  let cutAt = retry.clock.now();
  const cut = async (): Promise<void> => {
    const durable = packs.isEmpty ? Promise.resolve() : (await packs.seal(retry)).upload;
    await segments.cut(durable);
    cutAt = retry.clock.now();
  };
  const collector = new BlockCollector({ packs, segments, stored: state.stored, cut });
  const plan = { objectStore, repositoryIdBytes, sessionId, planId, controlKey };
  const encoded = encodeInOrder({
    batches: readPlannedBatches(plan, firstPlanned, retry),
    source,
    pool: state.pool,
    takeOrdinals: state.takeOrdinals,
    slotsMax: slotsFor(state, source),
    compression: () => {
      const { compression } = state;
      const wanted = packs.uploadsWaited ? whileUploadsWait[compression] : compression;
      return compressionEfforts[wanted];
    },
    signal: retry.signal,
  });
  for await (const batch of encoded) {
    await collector.collect(batch);
    if (isCutDue(segments, packs, cutAt, retry.clock.now())) await cut();
    yield* segments.takePosted();
  }
  if (segments.blockCount > 0) await cut();
  await segments.finish();
  yield* segments.takePosted();
}

/** Where each block takes its time, as over a network, many have to be under way. */
function slotsFor({ slotsMax }: TransferState, { blocksAtOnceWanted = 0 }: BlockSource): number {
  const { blocksPerBatch, slotsMax: most } = transferLimits;
  return Math.max(slotsMax, Math.min(Math.ceil(blocksAtOnceWanted / blocksPerBatch), most));
}

function isCutDue(
  segments: SegmentWriter,
  packs: PackWriter,
  cutAt: TimestampMs,
  now: TimestampMs,
): boolean {
  if (segments.blockCount === 0) return false;
  const { segmentBlocksMax, blocksPerBatch, segmentIdleMs, packOpenMs } = transferLimits;
  if (segments.blockCount + blocksPerBatch > segmentBlocksMax) return true;
  return now - cutAt >= (packs.isEmpty ? segmentIdleMs : packOpenMs);
}
