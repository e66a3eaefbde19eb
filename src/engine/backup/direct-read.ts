import type { TransferredBlocks } from '../../domain/backup-session/backup-events.ts';
import { addCounts, noCounts } from '../../domain/backup-session/transfer-counts.ts';
import { workingPolicy } from '../../domain/backup-session/working-policy.ts';
import type { PreparedTransfer, Transfer } from '../../format/transfer.ts';
import type { TransferSegment } from '../../format/transfer-segment.ts';
import type { DirectRead } from './direct-read-slot.ts';
import { createSettlingStore } from './settling-store.ts';
import type { StepContext } from './step-context.ts';
import { type UntransferredVolume, untransferredVolumes } from './untransferred-volumes.ts';

/** Nothing is read before the first `next`, which waits for its turn. */
export function beginDirectRead(context: StepContext, attempt: number): DirectRead {
  const progress = readAll(context, attempt);
  return {
    attempt,
    async next() {
      const { value, done } = await progress.next();
      return done === true ? null : value;
    },
    close: async () => {
      await progress.return();
    },
  };
}

interface OpenRead {
  readonly transfer: Transfer;
  readonly attempt: number;
  /** Resolves when nothing is being stored any more. */
  readonly settled: () => Promise<void>;
}

async function* readAll(
  context: StepContext,
  attempt: number,
): AsyncGenerator<TransferredBlocks, void> {
  const { engine, session, signal } = context;
  const giveBack = await engine.directReadTurns.take(signal);
  const { store: objectStore, settled } = createSettlingStore(engine.objectStore);
  let prepared: PreparedTransfer | null = null;
  try {
    const repository = await engine.repository();
    prepared = engine.format.prepareTransfer();
    const transfer = await prepared.open({
      objectStore,
      grant: await repository.grantTransfer(session.sessionId),
      random: engine.random,
      clock: engine.clock,
      attempt,
      compression: workingPolicy(session).image.compression,
    });
    for (const volume of untransferredVolumes(session)) {
      yield* readVolume(context, { transfer, attempt, settled }, volume);
    }
  } finally {
    try {
      await prepared?.close();
      await settled();
    } finally {
      giveBack();
    }
  }
}

/** Small progress is gathered until it is worth an event. */
async function* readVolume(
  { engine, session: { sessionId }, signal }: StepContext,
  { transfer, attempt, settled }: OpenRead,
  { planned, transfer: { endPlanned: firstPlanned } }: UntransferredVolume,
): AsyncGenerator<TransferredBlocks, void> {
  const { clock, limits, cloud } = engine;
  const { volumeId, planId, plannedBlocks, snapshotId, sizeBytes } = planned;
  const source = await cloud.snapshotBlocks.open(snapshotId, sizeBytes);
  let gathered = emptyProgress(volumeId, attempt, firstPlanned);
  let gatheredSince = clock.now();
  try {
    const segments = transfer.run({ sessionId, planId, source, firstPlanned, signal });
    for await (const segment of segments) {
      gathered = withSegment(gathered, segment);
      const isLast = segment.endPlanned === plannedBlocks;
      if (!isLast && clock.now() - gatheredSince < limits.transferEventIntervalMs) continue;
      yield gathered;
      gathered = { ...gathered, ...noCounts, firstSegment: gathered.endSegment };
      gatheredSince = clock.now();
    }
    // A run that ends quietly on an abort must not pass for a volume that is complete.
    signal.throwIfAborted();
  } catch (error) {
    if (signal.aborted) throw error;
    // What is durable all the same is not to be read again, whether the transfer told of it or not.
    await settled();
    const repository = await engine.repository();
    const plan = { sessionId, planId };
    const posted = await repository.readSegments(plan, attempt, gathered.endSegment);
    const rest = posted.reduce(withSegment, gathered);
    if (rest.endSegment > rest.firstSegment) yield rest;
    throw error;
  } finally {
    await source.close();
  }
}

function emptyProgress(
  volumeId: TransferredBlocks['volumeId'],
  attempt: number,
  endPlanned: number,
): TransferredBlocks {
  return { volumeId, attempt, firstSegment: 0, endSegment: 0, endPlanned, ...noCounts };
}

function withSegment(
  progress: TransferredBlocks,
  { number, endPlanned, counts }: TransferSegment,
): TransferredBlocks {
  return { ...progress, ...addCounts(progress, counts), endSegment: number + 1, endPlanned };
}
