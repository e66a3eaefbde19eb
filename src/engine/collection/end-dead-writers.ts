import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { RecordEvent } from '../repository-session/repository-sessions.ts';
import type { Collector } from '../../format/collection.ts';
import type { Repository } from '../../format/repository.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { endWriter } from './end-writer.ts';
import { knownWriters } from './known-writers.ts';

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
    const ended = await endWriter(repository, writer);
    await record({ type: 'WriterEnded', data: { writerId: writer.sessionId, ...ended, why } });
  }
}
