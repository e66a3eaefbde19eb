import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../domain/identifiers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SnapshotDescription } from '../../ports/cloud/snapshots.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { EngineDependencies } from '../engine-dependencies.ts';
import type { EngineLimits } from '../engine-limits.ts';
import { withRetries } from '../retry/with-retries.ts';

const backUpAgain = "Run 'snapledger backup INSTANCE' again.";

interface Waiting {
  readonly snapshotIds: ReadonlySet<SnapshotId>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly deadlineMs: number;
  misses: number;
}

type AwaitedSnapshot = Pick<SnapshotDescription, 'snapshotId' | 'state' | 'stateMessage'>;

/** Those of the snapshots, or of the copies in a region, that exist. */
type DescribeSnapshots = (
  snapshotIds: readonly SnapshotId[],
) => Promise<readonly AwaitedSnapshot[]>;

/**
 * Waits for the snapshots of many sessions with one loop, so that waiting costs one call for many
 * sets. The loop runs only while somebody waits.
 */
export class SnapshotWaiter {
  readonly #describeAll: DescribeSnapshots;
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #limits: EngineLimits;
  readonly #waiting = new Set<Waiting>();
  #loop: Promise<void> | null = null;

  constructor(
    describe: DescribeSnapshots,
    { clock, random, limits }: Pick<EngineDependencies, 'clock' | 'random' | 'limits'>,
  ) {
    this.#describeAll = describe;
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
  }

  /**
   * Resolves when all of these are `completed`.
   *
   * @throws SNAPSHOT_FAILED, SNAPSHOT_NOT_FOUND, TIMED_OUT, or the signal's reason
   */
  async completed(snapshotIds: readonly SnapshotId[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const settle = (then: () => void): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener('abort', onAbort);
        then();
      };
      const onAbort = (): void => {
        settle(() => {
          const { reason } = signal as { readonly reason: unknown };
          reject(reason instanceof Error ? reason : new Error(String(reason)));
        });
      };
      const waiting: Waiting = {
        snapshotIds: new Set(snapshotIds),
        resolve: () => {
          settle(resolve);
        },
        reject: (error) => {
          settle(() => {
            reject(error);
          });
        },
        deadlineMs: this.#clock.now() + this.#limits.snapshotTimeoutMs,
        misses: 0,
      };
      signal.addEventListener('abort', onAbort);
      this.#waiting.add(waiting);
      this.#loop ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      await this.#look();
      if (this.#waiting.size > 0) await this.#clock.sleep(this.#limits.snapshotPollMs);
    }
    this.#loop = null;
  }

  async #look(): Promise<void> {
    const waiting = [...this.#waiting];
    try {
      const ids = [...new Set(waiting.flatMap(({ snapshotIds }) => [...snapshotIds]))];
      const found = new Map<SnapshotId, AwaitedSnapshot>();
      for (let first = 0; first < ids.length; first += this.#limits.snapshotBatchMax) {
        const batch = ids.slice(first, first + this.#limits.snapshotBatchMax);
        for (const description of await this.#describe(batch)) {
          found.set(description.snapshotId, description);
        }
      }
      for (const one of waiting) this.#settle(one, found);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      for (const one of waiting) one.reject(reason);
    }
  }

  #describe(batch: readonly SnapshotId[]): Promise<readonly AwaitedSnapshot[]> {
    return withRetries(() => this.#describeAll(batch), {
      policy: this.#limits.retry,
      clock: this.#clock,
      random: this.#random,
    });
  }

  #settle(waiting: Waiting, found: ReadonlyMap<SnapshotId, AwaitedSnapshot>): void {
    const descriptions = [...waiting.snapshotIds].map((id) => found.get(id));
    const failed = descriptions.find(
      (description) => description?.state === 'error' || description?.state === 'archived',
    );
    if (failed !== undefined) {
      const { snapshotId, stateMessage } = failed;
      const message = `snapshot ${snapshotId} failed: ${stateMessage}`;
      waiting.reject(new SnapledgerError('SNAPSHOT_FAILED', message, { remedy: backUpAgain }));
    } else if (descriptions.every((description) => description?.state === 'completed')) {
      waiting.resolve();
    } else if (this.#clock.now() >= waiting.deadlineMs) {
      const message = `the snapshots were not completed in ${this.#limits.snapshotTimeoutMs} ms`;
      waiting.reject(new SnapledgerError('TIMED_OUT', message, { remedy: backUpAgain }));
    } else if (descriptions.includes(undefined)) {
      // A snapshot may not be found for a while after its creation.
      waiting.misses += 1;
      if (waiting.misses < this.#limits.snapshotMissesMax) return;
      const message = 'a snapshot vanished while the session waited for its completion';
      waiting.reject(new SnapledgerError('SNAPSHOT_NOT_FOUND', message, { remedy: backUpAgain }));
    } else {
      waiting.misses = 0;
    }
  }
}
