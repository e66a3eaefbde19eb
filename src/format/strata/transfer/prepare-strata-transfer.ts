import { availableParallelism } from 'node:os';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { JobPlace } from '../../../ports/job-place.ts';
import type {
  PreparedTransfer,
  Transfer,
  TransferOptions,
  TransferRequest,
} from '../../transfer.ts';
import type { TransferSegment } from '../../transfer-segment.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { decodeGrant, type TransferGrant } from '../object/grant.ts';
import { keySizeBytes } from '../keys/repository-keys.ts';
import { deriveSessionKeys, type SessionKeys } from '../keys/session-keys.ts';
import { attemptMax } from '../keys/worker-secret.ts';
import { type EncoderKeys, shareEncoderKeys } from './encoder-keys.ts';
import { type Encoders, startEncoders, stopEncoders } from './encoders.ts';
import { IdTable } from './id-table.ts';
import { PackWriter } from './pack-writer.ts';
import { runTransfer, type TransferState } from './run-transfer.ts';
import { transferLimits } from './transfer-limits.ts';

/**
 * Prepares the worker's side of a session: once opened, one volume after the other, its plan is
 * read, and what is new is stored.
 *
 * @throws INVALID_ARGUMENT when `threads` is no number of threads
 */
export function prepareStrataTransfer({
  threads = availableParallelism(),
  place = 'threads',
}: { readonly threads?: number; readonly place?: JobPlace } = {}): PreparedTransfer {
  if (!Number.isInteger(threads) || threads < 1) {
    throw invalidOption(`${threads} is not a number of threads`);
  }
  const threadsMax = Math.min(threads, transferLimits.threadsMax);
  const encoders = startEncoders(threadsMax, place);
  let transfer: Transfer | undefined;
  return {
    open: async (options) => {
      assert(transfer === undefined, 'a prepared transfer is opened once');
      const { attempt } = options;
      if (!Number.isInteger(attempt) || attempt < 0 || attempt > attemptMax) {
        throw invalidOption(`the attempt ${attempt} is not a number from 0 to ${attemptMax}`);
      }
      const grant = decodeGrant(options.grant);
      transfer = new StrataTransfer(options, grant, encoders, { threadsMax, place });
      return Promise.resolve(transfer);
    },
    close: () => transfer?.close() ?? stopEncoders(encoders),
  };
}

function invalidOption(message: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, {
    remedy: 'Correct the options of the transfer.',
  });
}

class StrataTransfer implements Transfer {
  readonly #options: TransferOptions;
  readonly #grant: TransferGrant;
  readonly #keys: SessionKeys;
  readonly #threadsMax: number;
  readonly #place: JobPlace;
  /** Null after a run that was left, until the next one begins: new threads, under new nonces. */
  #encoders: Encoders | null;
  /** Packs and tables, from the first volume to the last or to a failure. */
  #state: TransferState | null = null;
  #stopRun: AbortController | undefined;
  #phase: 'idle' | 'busy' | 'closed' = 'idle';

  constructor(
    options: TransferOptions,
    grant: TransferGrant,
    encoders: Encoders,
    { threadsMax, place }: { readonly threadsMax: number; readonly place: JobPlace },
  ) {
    this.#options = options;
    this.#grant = grant;
    this.#encoders = encoders;
    this.#keys = deriveSessionKeys(grant.sessionId, grant.dataKey);
    this.#threadsMax = threadsMax;
    this.#place = place;
  }

  async *run(request: TransferRequest): AsyncGenerator<TransferSegment, void> {
    assert(this.#phase !== 'closed', 'a transfer is not used after it was closed');
    assert(this.#phase !== 'busy', 'a transfer runs one volume at a time');
    request.signal.throwIfAborted();
    this.#phase = 'busy';
    this.#state ??= this.#start();
    const { clock, random } = this.#options;
    const stop = (this.#stopRun = new AbortController());
    const retry = { clock, random, signal: AbortSignal.any([request.signal, stop.signal]) };
    let outcome: 'left' | 'done' = 'left';
    try {
      yield* runTransfer(this.#state, request, retry);
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

  #start(): TransferState {
    const { objectStore, random, attempt, compression } = this.#options;
    const { repositoryId, sessionId, blockIdKey, retainUntil } = this.#grant;
    const { pool, keysRoom } = (this.#encoders ??= startEncoders(this.#threadsMax, this.#place));
    const keys: EncoderKeys = {
      blockIdKey,
      blockKey: this.#keys.blockKey,
      nonceSeed: random.bytes(keySizeBytes),
      sessionIdBytes: this.#keys.sessionIdBytes,
      repositoryIdBytes: uuidToBytes(repositoryId),
    };
    shareEncoderKeys(keys, keysRoom);
    let nextOrdinal = 0;
    return {
      ...{ objectStore, repositoryId, attempt, pool },
      keys: this.#keys,
      slotsMax: this.#threadsMax * transferLimits.slotsPerThread,
      compression,
      packs: new PackWriter({ objectStore, random, repositoryId, sessionId, retainUntil }),
      stored: new IdTable(),
      takeOrdinals: (count) => {
        nextOrdinal += count;
        return nextOrdinal - count;
      },
    };
  }

  async #stop(): Promise<void> {
    this.#stopRun?.abort(new SnapledgerError('CANCELLED', 'the transfer was stopped'));
    const encoders = this.#encoders;
    this.#encoders = null;
    this.#state = null;
    if (encoders !== null) await stopEncoders(encoders);
  }
}
