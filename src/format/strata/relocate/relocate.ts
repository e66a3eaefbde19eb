import type { InstanceId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import { retainMoved } from '../lock/retain-moved.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { uncachedContext } from '../repository/repository-context.ts';
import { closeWriter } from '../writer/close-writer.ts';
import { discardWriter } from '../writer/discard-writer.ts';
import { registerWriter } from '../writer/register-writer.ts';
import { claimRelocation } from './claim-relocation.ts';
import { commitRelocation } from './commit-relocation.ts';
import { relocatablePoints } from './relocatable-points.ts';
import type { Relocation } from './relocation.ts';
import { type RelocationChoice, rewritePoints } from './rewrite-points.ts';

/** What one session moves. */
export interface RelocationWork {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  readonly signal: AbortSignal | undefined;
  /** Tells which records of these points have to move; null when there is nothing to be done. */
  readonly choose: (
    context: RepositoryContext,
    points: () => AsyncIterable<CurrentPoint>,
  ) => Promise<RelocationChoice | null>;
}

export interface RelocationResult {
  readonly pointsMoved: number;
  readonly bytesWritten: number;
  readonly blocksDamaged: number;
}

const nothingMoved: RelocationResult = { pointsMoved: 0, bytesWritten: 0, blocksDamaged: 0 };

interface PreparedRelocation {
  /** Null when nothing has another place. */
  readonly relocation: Relocation | null;
  /** Of its object; null: it is under no lock. */
  readonly retainUntil: TimestampMs | null;
  readonly result: RelocationResult;
}

/**
 * Moves what `choose` says, as a session of its own, in the order of docs/strata.md, "Relocating". A
 * session that fails is discarded; of one that dies nothing has changed.
 */
export async function relocate(
  stale: RepositoryContext,
  work: RelocationWork,
): Promise<RelocationResult> {
  const { instanceId, sessionId } = work;
  const context = uncachedContext(stale);
  try {
    await registerWriter(context, sessionId, instanceId);
    const { relocation, result } = await preparedOrDiscarded(context, work);
    if (relocation === null) await discardWriter(context, sessionId, instanceId);
    // All is moved, for good. What a close that fails leaves is removed by the next collection.
    else await closeWriter(context, sessionId).catch(() => undefined);
    return result;
  } finally {
    context.keyring.clear();
    context.catalog.clear();
  }
}

/** Writes and commits; when either fails the session has ended, and nothing is moved. */
async function preparedOrDiscarded(
  context: RepositoryContext,
  work: RelocationWork,
): Promise<PreparedRelocation> {
  try {
    const prepared = await prepare(context, work);
    const { relocation, retainUntil } = prepared;
    if (relocation !== null) await commitRelocation(context, relocation, retainUntil);
    return prepared;
  } catch (error) {
    // The first error says more than one of the removal, which a collection does again.
    await discardWriter(context, work.sessionId, work.instanceId).catch(() => undefined);
    throw error;
  }
}

/** Everything that is needed is durable when this resolves. */
async function prepare(
  context: RepositoryContext,
  work: RelocationWork,
): Promise<PreparedRelocation> {
  const { instanceId, sessionId, signal } = work;
  const claim = await claimRelocation(context, sessionId, instanceId);
  // After the claim: from now on nobody else gives these maps other places.
  const points = (): AsyncIterable<CurrentPoint> => relocatablePoints(context, instanceId);
  const choice = await work.choose(context, points);
  if (choice === null) {
    return { relocation: null, retainUntil: null, result: nothingMoved };
  }

  const { volumes, bytesWritten, blocksDamaged, retainedUntil } = await rewritePoints(context, {
    sessionId,
    points: points(),
    choice,
    signal,
  });
  signal?.throwIfAborted();
  const isNothing = volumes.length === 0;
  return {
    relocation: isNothing ? null : { sessionId, instanceId, claim, volumes },
    retainUntil: isNothing
      ? null
      : await retainMoved(context, { sessionId, instanceId, claim, retainedUntil }),
    result: {
      pointsMoved: new Set(volumes.map(({ pointId }) => pointId)).size,
      bytesWritten: volumes.length === 0 ? 0 : bytesWritten,
      blocksDamaged,
    },
  };
}
