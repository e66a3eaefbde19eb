import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { problemOf } from '../problem-of.ts';

/** The end of work on the repository that an error, or somebody who wanted it, has stopped. */
export function unfinishedWork(
  error: unknown,
  signal: AbortSignal,
  { clock }: Pick<EngineContext, 'clock'>,
): RepositorySessionEvent {
  const endedAt = clock.now();
  if (signal.aborted) {
    const reason = signal.reason instanceof Error ? signal.reason.message : 'cancelled';
    return { type: 'RepositorySessionCancelled', data: { reason, endedAt } };
  }
  return { type: 'RepositorySessionFailed', data: { problem: problemOf(error), endedAt } };
}
