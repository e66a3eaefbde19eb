import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import { compressionEfforts } from '../../compression-effort.ts';
import { createOnce } from '../../flow/create-once.ts';
import { mapInOrder } from '../../flow/map-in-order.ts';
import { type RetryContext, retryUnavailable } from '../../flow/retry-unavailable.ts';
import type { TransferOptions, TransferRequest } from '../../transfer.ts';
import type { TransferSegment } from '../../transfer-segment.ts';
import { objectKeys } from '../object/object-keys.ts';
import { corrupt } from '../object/refusals.ts';
import { readPlanPages, readPlanSummary } from '../plan/plan-summary.ts';
import { encodeRead } from './encode-read.ts';
import type { GrantedTransfer } from './grant.ts';
import { plannedReads } from './planned-reads.ts';
import { SegmentBuilder } from './segment-builder.ts';
import { encodeSegment } from './segment.ts';
import { transferLimits } from './transfer-limits.ts';

/** Reads the planned blocks, stores what is new, and posts segment after segment. */
export async function* runTransfer(
  options: TransferOptions,
  granted: GrantedTransfer,
  request: TransferRequest,
): AsyncGenerator<TransferSegment, void> {
  const { objectStore, attempt } = options;
  const { source, signal } = request;
  signal.throwIfAborted();
  const retry: RetryContext = { clock: options.clock, random: options.random, signal };
  const plan: Pick<ObjectStore, 'get'> = {
    get: (key) => retryUnavailable(() => objectStore.get(key), retry),
  };
  const summary = await readPlanSummary(plan, granted.envelope, request);
  const pages = readPlanPages(plan, granted.envelope, request, summary, request.firstPlanned);
  const effort = compressionEfforts[options.compression].usual;
  const encoded = mapInOrder({
    source: plannedReads(pages, request.firstPlanned),
    perform: (read) => encodeRead(source, summary.sizeBytes, read, effort),
    inFlightMax: transferLimits.readsAtOnceMax,
    signal,
  });

  let number = 0;
  let { firstPlanned } = request;
  const builder = (): SegmentBuilder =>
    new SegmentBuilder(objectKeys.part(request, attempt, number), granted.recordSeal);
  let segment = builder();
  const post = async (): Promise<TransferSegment> => {
    const { blocksRead, counts, built, entries } = segment.built();
    if (built !== null) await create(options, built.part.key, built.bytes, retry);
    const endPlanned = firstPlanned + blocksRead;
    const posted = { firstPlanned, endPlanned, counts };
    // After its part: a segment says that its blocks are durable.
    const key = objectKeys.segment(request, attempt, number);
    const bytes = encodeSegment({ ...posted, part: built?.part ?? null, entries });
    await create(options, key, granted.envelope.wrap(key, bytes), retry);
    const result = { number, ...posted };
    number += 1;
    firstPlanned = endPlanned;
    segment = builder();
    return result;
  };
  for await (const blocks of encoded) {
    for (const block of blocks) {
      segment.add(block);
      if (segment.isFull) yield await post();
    }
  }
  if (!segment.isEmpty) yield await post();
}

async function create(
  { objectStore }: TransferOptions,
  key: ObjectKey,
  bytes: Uint8Array,
  retry: RetryContext,
): Promise<void> {
  if ((await createOnce(objectStore, key, bytes, retry)) === 'created') return;
  throw corrupt(key, 'somebody else has made an object of this name');
}
