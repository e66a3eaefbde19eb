import { availableParallelism } from 'node:os';
import type { RepositoryId, SessionId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { JobPlace } from '../../../ports/job-place.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { DamagedBlocks, ReadVolumeOptions, RestoredBlocks } from '../../restore-point.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import type { SessionKeys } from '../keys/session-keys.ts';
import type { MapRun } from '../map/map-run.ts';
import { mapInOrder } from '../../flow/map-in-order.ts';
import { startJobRunner } from '../transfer/threads/start-job-runner.ts';
import { threadScript } from '../transfer/threads/thread-script.ts';
import {
  batchDecoder,
  type DecodeJob,
  type DecoderSettings,
  type DecodeReply,
} from './decode-batch.ts';
import { decodeLimits } from './decode-limits.ts';
import { eraseDecodeSlot, openDecodeSlot, type DecodeSlot } from './decode-slot.ts';
import { decodeTasks } from './decode-task.ts';
import { fetchSection } from './fetch-section.ts';
import { type DoneTask, performTask, resultsOf } from './perform-task.ts';
import { SectionRooms } from './section-room.ts';
import { volumeSections } from './volume-section.ts';

export interface VolumeToRead extends ReadVolumeOptions {
  readonly objectStore: ObjectStore;
  readonly clock: Clock;
  /** For the jitter of retries. */
  readonly random: RandomSource;
  readonly repositoryId: RepositoryId;
  /** K_id: every block is checked against its id. */
  readonly blockIdKey: Uint8Array;
  /** The keys of a session that wrote blocks. @throws OBJECT_NOT_FOUND, OBJECT_CORRUPT */
  readonly sessionKeysOf: (sessionId: SessionId) => Promise<SessionKeys>;
  /** Size of the volume: tells how long its last block is. */
  readonly sizeBytes: number;
  /** Ascending; there may be gaps, so that a check can pass over what it has seen before. */
  readonly runs: AsyncIterable<MapRun>;
  /** Decoder threads; default: one for each processor. */
  readonly threads?: number;
  /** Where records are decoded; default: on threads. */
  readonly place?: JobPlace;
}

/**
 * Reads what the runs say, in their order: fetched in large ranges, ahead of time, and decrypted,
 * decompressed and checked on several threads. Damage of one block never hurts another. To check
 * only, ignore the content.
 *
 * The bytes of `RestoredBlocks` are a view of shared memory, valid until the next iteration step;
 * what `consume` is given, until it resolves.
 *
 * @throws STORE_UNAVAILABLE after the last retry, WORKER_FAILED when a thread ended by itself, the
 *   signal's reason when it aborts, and what `runs` or `consume` threw.
 */
export async function* readVolume(
  options: VolumeToRead,
): AsyncGenerator<RestoredBlocks | DamagedBlocks, void> {
  const { objectStore, sessionKeysOf, clock, random } = options;
  const { signal = new AbortController().signal, threads = availableParallelism() } = options;
  const { place = 'threads' } = options;
  const threadsMax = Math.min(threads, decodeLimits.threadsMax);
  const blockIdKey = new Uint8Array(new SharedArrayBuffer(options.blockIdKey.length));
  blockIdKey.set(options.blockIdKey);
  const settings: DecoderSettings = {
    repositoryIdBytes: uuidToBytes(options.repositoryId),
    blockIdKey,
  };
  const pool = startJobRunner<DecodeJob, DecodeReply>(place, {
    purpose: 'decoder',
    script: threadScript('decode-thread', import.meta.url),
    workerData: settings,
    performer: () => batchDecoder(settings),
    threadsMax,
    jobsPerThread: decodeLimits.jobsPerThread,
  });
  const rooms = new SectionRooms();
  const context = { objectStore, sessionKeysOf, retry: { clock, random, signal }, rooms };
  const sections = mapInOrder({
    source: volumeSections(options.runs),
    perform: (section) => fetchSection(section, context),
    inFlightMax: decodeLimits.sectionsAhead,
    signal,
  });
  const slots: DecodeSlot[] = [];
  const free: DecodeSlot[] = [];
  const takeSlot = (): DecodeSlot => {
    const slot = free.pop() ?? openDecodeSlot();
    if (!slots.includes(slot)) slots.push(slot);
    return slot;
  };
  const taskContext = { takeSlot, rooms, pool, sizeBytes: options.sizeBytes };
  const consuming = new Set<Promise<void>>();
  const decoded = mapInOrder({
    source: decodeTasks(sections),
    perform: async (task) => {
      const done = await performTask(task, taskContext);
      if (options.consume === undefined || done.kind === 'plain') return done;
      const consumed = consumeData(done, options.sizeBytes, options.consume);
      consuming.add(consumed);
      await consumed.finally(() => consuming.delete(consumed));
      return done;
    },
    inFlightMax: slotCount(threadsMax, options.consume),
    signal,
  });
  try {
    pool.warmUp(1);
    for await (const done of decoded) {
      yield* resultsOf(done, options.sizeBytes);
      if (done.kind === 'records') free.push(done.slot);
    }
  } finally {
    await pool.close();
    await Promise.allSettled(consuming);
    for (const slot of slots) eraseDecodeSlot(slot);
    blockIdKey.fill(0);
  }
}

function slotCount(threads: number, consume: ReadVolumeOptions['consume']): number {
  const { slotsPerThread, consumedPerThread, slotsMax } = decodeLimits;
  const perThread = slotsPerThread + (consume === undefined ? 0 : consumedPerThread);
  return Math.min(threads * perThread, slotsMax);
}

async function consumeData(
  done: DoneTask,
  sizeBytes: number,
  consume: (blocks: RestoredBlocks) => Promise<void>,
): Promise<void> {
  for (const result of resultsOf(done, sizeBytes)) {
    if (result.kind === 'blocks' && result.state === 'data') await consume(result);
  }
}
