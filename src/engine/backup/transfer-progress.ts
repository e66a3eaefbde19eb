import { addCounts, noCounts } from '../../domain/backup-session/transfer-counts.ts';
import type { TransferredBlocks } from '../../domain/backup-session/backup-events.ts';
import type { VolumeTransfer } from '../../domain/backup-session/backup-session.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { VolumeId } from '../../domain/identifiers.ts';
import type { TransferSegment } from '../../format/transfer-segment.ts';
import type { StepContext } from './step-context.ts';
import { untransferredVolumes } from './untransferred-volumes.ts';
import type { WatchedWorker } from './worker-watch.ts';

/**
 * What the present worker has made durable of one volume since the last record, or null.
 *
 * @param patience `some`: small progress waits until it is worth an event; `all`: the worker has
 *   ended, and what it posted is recorded whatever it is
 */
export async function readTransferProgress(
  { engine, session }: StepContext,
  watched: WatchedWorker,
  patience: 'some' | 'all',
): Promise<TransferredBlocks | null> {
  if (!watched.jobPosted) return null;
  const repository = await engine.repository();
  for (const { planned, transfer } of untransferredVolumes(session)) {
    const { attempt } = watched;
    const firstSegment = nextSegment(transfer, attempt);
    const { planId, plannedBlocks, volumeId } = planned;
    const plan = { sessionId: session.sessionId, planId };
    const segments = await repository.readSegments(plan, attempt, firstSegment);
    const last = segments.at(-1);
    if (last === undefined) continue;

    watched.heardAt = engine.clock.now();
    watched.advancedAt = engine.clock.now();
    const waitedMs = engine.clock.now() - watched.recordedAt;
    const isWorthIt =
      patience === 'all' ||
      last.endPlanned === plannedBlocks ||
      waitedMs >= engine.limits.transferEventIntervalMs;
    if (!isWorthIt) return null;

    watched.recordedAt = engine.clock.now();
    watched.pollDelayMs = engine.limits.transferPollMinMs;
    expectContinuation(segments, transfer, volumeId);
    return {
      volumeId,
      attempt,
      firstSegment,
      endSegment: last.number + 1,
      endPlanned: last.endPlanned,
      ...segments.map(({ counts }) => counts).reduce(addCounts, noCounts),
    };
  }
  return null;
}

function nextSegment(transfer: VolumeTransfer, attempt: number): number {
  const last = transfer.segments.at(-1);
  return last?.attempt === attempt ? last.endSegment : 0;
}

/** A worker's segments are sealed, but whether they fit together is its word alone. */
function expectContinuation(
  segments: readonly TransferSegment[],
  transfer: VolumeTransfer,
  volumeId: VolumeId,
): void {
  let expected = transfer.endPlanned;
  for (const { firstPlanned, endPlanned, number } of segments) {
    if (firstPlanned !== expected || endPlanned <= firstPlanned) {
      throw new SnapledgerError(
        'WORKER_FAILED',
        `segment ${number} of volume ${volumeId} covers ${firstPlanned}-${endPlanned} of the plan; ${expected} was to come next`,
      );
    }
    expected = endPlanned;
  }
}
