import { availableParallelism } from 'node:os';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { Transfer, TransferOptions, TransferRequest } from '../../transfer.ts';
import type { TransferSegment } from '../../transfer-segment.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { decodeGrant, type TransferGrant } from '../object/grant.ts';
import { keySizeBytes } from '../keys/repository-keys.ts';
import { deriveSessionKeys, type SessionKeys } from '../keys/session-keys.ts';
import { attemptMax } from '../keys/worker-secret.ts';
import { compressionLevels } from './compression-level.ts';
import type { EncodeJob, EncoderSettings } from './encode-batch.ts';
import { shareEncoderKeys } from './encoder-keys.ts';
import { IdTable } from './id-table.ts';
import { PackWriter } from './pack-writer.ts';
import { runTransfer, type TransferState } from './run-transfer.ts';
import { ThreadPool } from './threads/thread-pool.ts';
import { threadScript } from './threads/thread-script.ts';
import { transferLimits } from './transfer-limits.ts';

/**
 * Opens the worker's side of a session: one after the other, each volume's plan is read, and
 * what is new is stored.
 *
 * @throws INVALID_ARGUMENT for a grant that is none, or options out of range.
 */
export async function openStrataTransfer(options: TransferOptions): Promise<Transfer> {
  const { attempt, threads = availableParallelism() } = options;
  if (!Number.isInteger(attempt) || attempt < 0 || attempt > attemptMax) {
    throw invalidOption(`the attempt ${attempt} is not a number from 0 to ${attemptMax}`);
  }
  if (!Number.isInteger(threads) || threads < 1) {
    throw invalidOption(`${threads} is not a number of threads`);
  }
  const grant = decodeGrant(options.grant);
  return Promise.resolve(
    new StrataTransfer(options, grant, Math.min(threads, transferLimits.threadsMax)),
  );
}

function invalidOption(message: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, {
    remedy: 'Correct the options of the transfer.',
  });
}

/** Threads, packs and tables, from the first volume to the last or to a failure. */
interface Running {
  readonly state: TransferState;
  readonly sharedKeys: SharedArrayBuffer;
}

class StrataTransfer implements Transfer {
  readonly #options: TransferOptions;
  readonly #grant: TransferGrant;
  readonly #keys: SessionKeys;
  readonly #threadsMax: number;
  #running: Running | undefined;
  #stopRun: AbortController | undefined;
  #phase: 'idle' | 'busy' | 'closed' = 'idle';

  constructor(options: TransferOptions, grant: TransferGrant, threadsMax: number) {
    this.#options = options;
    this.#grant = grant;
    this.#keys = deriveSessionKeys(grant.sessionId, grant.dataKey);
    this.#threadsMax = threadsMax;
  }

  async *run(request: TransferRequest): AsyncGenerator<TransferSegment, void> {
    assert(this.#phase !== 'closed', 'a transfer is not used after it was closed');
    assert(this.#phase !== 'busy', 'a transfer runs one volume at a time');
    request.signal.throwIfAborted();
    this.#phase = 'busy';
    this.#running ??= this.#start();
    const { clock, random } = this.#options;
    const stop = (this.#stopRun = new AbortController());
    const retry = { clock, random, signal: AbortSignal.any([request.signal, stop.signal]) };
    let outcome: 'left' | 'done' = 'left';
    try {
      yield* runTransfer(this.#running.state, request, retry);
      outcome = 'done';
    } finally {
      if (outcome === 'left') await this.#stop();
      if (!this.#isClosed()) this.#phase = 'idle';
    }
  }

  /** Also in the middle of a run, which then rejects. */
  async close(): Promise<void> {
    this.#phase = 'closed';
    await this.#stop();
    for (const secret of [
      this.#grant.dataKey,
      this.#grant.blockIdKey,
      this.#keys.blockKey,
      this.#keys.nodeKey,
      this.#keys.controlKey,
    ]) {
      secret.fill(0);
    }
  }

  #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  #start(): Running {
    const { objectStore, random, attempt, compression } = this.#options;
    const { repositoryId, sessionId, blockIdKey } = this.#grant;
    const sharedKeys = shareEncoderKeys({
      blockIdKey,
      blockKey: this.#keys.blockKey,
      nonceSeed: random.bytes(keySizeBytes),
      sessionIdBytes: this.#keys.sessionIdBytes,
      repositoryIdBytes: uuidToBytes(repositoryId),
    });
    let nextOrdinal = 0;
    const state: TransferState = {
      ...{ objectStore, repositoryId, attempt },
      keys: this.#keys,
      pool: new ThreadPool<EncodeJob, void>({
        purpose: 'encoder',
        script: threadScript('encode-thread', import.meta.url),
        workerData: {
          keys: sharedKeys,
          compressionLevel: compressionLevels[compression],
        } satisfies EncoderSettings,
        threadsMax: this.#threadsMax,
        jobsPerThread: transferLimits.jobsPerThread,
      }),
      slotsMax: this.#threadsMax * transferLimits.slotsPerThread,
      packs: new PackWriter({ objectStore, random, repositoryId, sessionId }),
      stored: new IdTable(),
      takeOrdinals: (count) => {
        nextOrdinal += count;
        return nextOrdinal - count;
      },
    };
    return { state, sharedKeys };
  }

  async #stop(): Promise<void> {
    this.#stopRun?.abort(new SnapledgerError('CANCELLED', 'the transfer was stopped'));
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    await running.state.pool.close();
    // After the threads have ended: a thread that still encodes must not do so under erased keys.
    new Uint8Array(running.sharedKeys).fill(0);
  }
}
