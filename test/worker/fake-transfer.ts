import type { TransferCounts } from '../../src/domain/backup-session/transfer-counts.ts';
import type { TransferOptions, TransferRequest } from '../../src/format/transfer.ts';
import type { TransferSegment } from '../../src/format/transfer-segment.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { TransferFormat } from '../../src/worker/load-format.ts';

export interface FakeTransferOptions {
  readonly clock: Clock;
  readonly segmentsPerVolume: number;
  readonly segmentDurationMs: number;
  /** Called before each segment; what it throws ends the run. */
  readonly beforeSegment?: (request: TransferRequest, segment: number) => void;
  /** What the run does when its signal aborts. */
  readonly onAbort?: 'throws-reason' | 'throws-other' | 'ends-quietly';
}

/** A storage format that stores nothing, and remembers what it was asked for. */
export interface FakeFormat extends TransferFormat {
  readonly opened: TransferOptions[];
  readonly runs: TransferRequest[];
  readonly closed: { count: number };
  /** Prepared transfers that nobody has let go of. */
  readonly prepared: { underWay: number };
}

const counts: TransferCounts = {
  blocksRead: 4,
  blocksUnchanged: 1,
  blocksZero: 1,
  blocksDeduplicated: 0,
  blocksStored: 2,
  bytesRead: 4 * 512 * 1024,
  bytesStored: 1_000,
};

export function createFakeFormat(options: FakeTransferOptions): FakeFormat {
  const { clock, segmentsPerVolume, segmentDurationMs, onAbort = 'throws-reason' } = options;
  const opened: TransferOptions[] = [];
  const runs: TransferRequest[] = [];
  const closed = { count: 0 };
  const prepared = { underWay: 0 };

  async function* run(request: TransferRequest): AsyncGenerator<TransferSegment> {
    runs.push(request);
    for (let number = 0; number < segmentsPerVolume; number += 1) {
      options.beforeSegment?.(request, number);
      if (onAbort === 'ends-quietly' && request.signal.aborted) return;
      if (onAbort === 'throws-reason') request.signal.throwIfAborted();
      if (request.signal.aborted) throw new Error('This operation was aborted');
      await clock.sleep(segmentDurationMs);
      yield { number, firstPlanned: number * 4, endPlanned: number * 4 + 4, counts };
    }
  }

  return {
    opened,
    runs,
    closed,
    prepared,
    prepareTransfer: () => {
      prepared.underWay += 1;
      return {
        open: (transferOptions) => {
          opened.push(transferOptions);
          return Promise.resolve({
            run,
            close: () => {
              closed.count += 1;
              return Promise.resolve();
            },
          });
        },
        close: () => {
          prepared.underWay -= 1;
          return Promise.resolve();
        },
      };
    },
  };
}
