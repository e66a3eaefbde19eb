import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region, SnapshotId } from '../../../../domain/identifiers.ts';
import type { ReplicaDescription } from '../../../../ports/cloud/replicas.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf } from '../ec2-error.ts';

interface Destination {
  /** Copies that were begun and not yet seen to be over. */
  readonly running: Set<SnapshotId>;
  /** Resolves when the caller before has begun its copy, or has given up. */
  lastTurn: Promise<void>;
}

/**
 * Lets at most so many copies run at once in each destination, which is all that EC2 takes; who
 * came first begins first. Copies of other processes count with EC2 only: then it refuses, and the
 * copy waits as well.
 */
export class CopySlots {
  readonly #connection: Ec2Connection;
  /** Which of the copies are still pending. */
  readonly #pendingOf: (region: Region, ids: readonly SnapshotId[]) => Promise<ReadonlySet<string>>;
  readonly #destinations = new Map<Region, Destination>();

  constructor(
    connection: Ec2Connection,
    pendingOf: (region: Region, ids: readonly SnapshotId[]) => Promise<ReadonlySet<string>>,
  ) {
    this.#connection = connection;
    this.#pendingOf = pendingOf;
  }

  /**
   * Begins a copy when it is its turn and there is room.
   *
   * @throws TIMED_OUT, the signal's reason, and what `begin` throws
   */
  async run(
    region: Region,
    begin: () => Promise<ReplicaDescription>,
    signal?: AbortSignal,
  ): Promise<ReplicaDescription> {
    const destination = this.#destinationOf(region);
    const turn = destination.lastTurn;
    const { promise: done, resolve: endTurn } = Promise.withResolvers<undefined>();
    destination.lastTurn = turn.then(() => done);
    try {
      await untilAbort(turn, signal);
      const copy = await this.#beginWithRoom(region, destination, begin, signal);
      destination.running.add(copy.snapshotId);
      return copy;
    } finally {
      endTurn(undefined);
    }
  }

  async #beginWithRoom(
    region: Region,
    { running }: Destination,
    begin: () => Promise<ReplicaDescription>,
    signal?: AbortSignal,
  ): Promise<ReplicaDescription> {
    const { clock, limits } = this.#connection;
    const endMs = clock.now() + limits.copyTurnMs;
    for (;;) {
      signal?.throwIfAborted();
      if (running.size >= limits.copiesAtOnceMax) await this.#forgetEnded(region, running);
      if (running.size < limits.copiesAtOnceMax) {
        try {
          return await begin();
        } catch (error) {
          if (awsCodeOf(error) !== 'ResourceLimitExceeded') throw error;
        }
      }
      if (clock.now() >= endMs) throw noTurn(region, limits.copyTurnMs);
      await clock.sleep(limits.copyPollMs, signal);
    }
  }

  async #forgetEnded(region: Region, running: Set<SnapshotId>): Promise<void> {
    const pending = await this.#pendingOf(region, [...running]);
    for (const id of running) if (!pending.has(id)) running.delete(id);
  }

  #destinationOf(region: Region): Destination {
    const known = this.#destinations.get(region);
    if (known !== undefined) return known;
    const made: Destination = { running: new Set(), lastTurn: Promise.resolve() };
    this.#destinations.set(region, made);
    return made;
  }
}

async function untilAbort(work: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    const { reason } = signal as { readonly reason: unknown };
    reject(reason instanceof Error ? reason : new Error(String(reason)));
  };
  signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function noTurn(region: Region, waitedMs: number): SnapledgerError {
  return new SnapledgerError(
    'TIMED_OUT',
    `in ${region} there was no room for another copy of a snapshot for ${waitedMs} ms`,
    { retry: 'retryable', remedy: 'Look for copies that do not end in this region.' },
  );
}
