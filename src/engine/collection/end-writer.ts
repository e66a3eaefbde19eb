import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import type { KnownWriter } from './known-writers.ts';

/** What ends sessions in a repository. */
export type WriterEnding = Pick<Repository, 'closeWriter' | 'discardWriter'>;

export interface EndedWriter {
  readonly instanceId: InstanceId;
  readonly outcome: 'discarded' | 'committed';
}

/**
 * Ends a session that nobody goes on with: it can make no point from then on, and what it needed only
 * while it ran is removed. Idempotent.
 *
 * @throws INVALID_ARGUMENT when nothing says which instance it is of
 */
export async function endWriter(
  repository: WriterEnding,
  { sessionId, instanceId, pointId }: Pick<KnownWriter, 'sessionId' | 'instanceId' | 'pointId'>,
): Promise<EndedWriter> {
  if (instanceId === null) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `session ${sessionId} cannot be ended: nothing says which instance it is of`,
      { remedy: 'Collect with the vault whose session it is.' },
    );
  }
  const outcome =
    pointId === null ? await discarded(repository, sessionId, instanceId) : 'committed';
  if (outcome === 'committed') await repository.closeWriter(sessionId);
  return { instanceId, outcome };
}

async function discarded(
  repository: WriterEnding,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<EndedWriter['outcome']> {
  try {
    const point = await repository.discardWriter(sessionId, instanceId);
    return point === null ? 'discarded' : 'committed';
  } catch (error) {
    // It has ended by itself since it was listed, and points may need what it has stored.
    if (hasErrorCode(error, 'SESSION_FENCED') && error.retry === 'permanent') return 'committed';
    throw error;
  }
}
