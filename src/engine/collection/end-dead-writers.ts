import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { RecordEvent } from '../repository-session/repository-sessions.ts';
import type { Collector } from '../../format/collection.ts';
import type { Repository } from '../../format/repository.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { knownWriters, type KnownWriter } from './known-writers.ts';

export interface WritersToEnd {
  readonly directory: SessionDirectory;
  readonly repository: Repository;
  readonly collector: Collector;
  /** Sessions to be ended although nobody knows that they are dead. */
  readonly fence: readonly SessionId[];
}

/**
 * Ends the writers that nobody goes on with, and those that were asked for.
 *
 * @throws UNKNOWN_SESSION, INVALID_ARGUMENT
 */
export async function endDeadWriters(
  { directory, repository, collector, fence }: WritersToEnd,
  record: RecordEvent,
): Promise<void> {
  const writers = await knownWriters(directory, await collector.openWriters());
  const missing = fence.find((id) => !writers.some(({ sessionId }) => sessionId === id));
  if (missing !== undefined) {
    throw new SnapledgerError(
      'UNKNOWN_SESSION',
      `no session ${missing} is open in the repository`,
      {
        remedy: "'snapledger gc plan' lists those that are.",
      },
    );
  }
  for (const writer of writers) {
    const why = fence.includes(writer.sessionId) ? 'asked-for' : 'session-ended';
    // One that is merely interrupted is left to be resumed: what it has stored is not lost then.
    if (why === 'session-ended' && writer.condition !== 'ended') continue;
    await endWriter(repository, writer, why, record);
  }
}

async function endWriter(
  repository: Repository,
  { sessionId, instanceId }: KnownWriter,
  why: 'session-ended' | 'asked-for',
  record: RecordEvent,
): Promise<void> {
  if (instanceId === null) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `session ${sessionId} cannot be ended: nothing says which instance it is of`,
      { remedy: 'Collect with the vault whose session it is.' },
    );
  }
  const outcome = await discarded(repository, sessionId, instanceId);
  if (outcome === 'committed') await repository.closeWriter(sessionId);
  await record({ type: 'WriterEnded', data: { writerId: sessionId, instanceId, outcome, why } });
}

async function discarded(
  repository: Repository,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<'discarded' | 'committed'> {
  try {
    const point = await repository.discardWriter(sessionId, instanceId);
    return point === null ? 'discarded' : 'committed';
  } catch (error) {
    // It has ended by itself since it was listed, and points may need what it has stored.
    if (hasErrorCode(error, 'SESSION_FENCED') && error.retry === 'permanent') return 'committed';
    throw error;
  }
}
