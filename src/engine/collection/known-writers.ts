import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { PointId, SessionId } from '../../domain/identifiers.ts';
import { isRepositoryWork } from '../../domain/repository-session/repository-work.ts';
import type { OpenWriter } from '../../format/collection.ts';
import type { SessionSummary } from '../session-summary.ts';
import type { SessionDirectory } from '../session/session-directory.ts';

/** A session that is registered in the repository, and what the ledger says of it. */
export interface KnownWriter extends OpenWriter {
  /**
   * `interrupted`: it can be resumed. `ended`: nobody goes on with it, because the ledger has its end,
   * or because it is work of the repository whose engine is gone, which another session begins anew.
   * `unknown`: it is in no ledger that this engine has; another vault may use the repository.
   */
  readonly condition: 'at-work' | 'interrupted' | 'ended' | 'unknown';
  /** That it has made, by the ledger: whatever it has stored may be needed, also when the point is missing. */
  readonly pointId: PointId | null;
}

/** The writers, with what the ledger says of each. */
export async function knownWriters<Writer extends OpenWriter>(
  directory: Pick<SessionDirectory, 'summaryOf'>,
  writers: readonly Writer[],
): Promise<readonly (Writer & KnownWriter)[]> {
  return Promise.all(
    writers.map(async (writer) => {
      const summary = await summaryOf(directory, writer.sessionId);
      // Registered before registrations said whose they are.
      const instanceId = writer.instanceId ?? summary?.instanceId ?? null;
      const pointId = summary?.kind === 'backup' ? summary.pointId : null;
      return { ...writer, instanceId, condition: conditionOf(summary), pointId };
    }),
  );
}

function conditionOf(summary: SessionSummary | null): KnownWriter['condition'] {
  if (summary === null) return 'unknown';
  const { kind, condition } = summary;
  return condition === 'interrupted' && isRepositoryWork(kind) ? 'ended' : condition;
}

async function summaryOf(
  directory: Pick<SessionDirectory, 'summaryOf'>,
  sessionId: SessionId,
): Promise<SessionSummary | null> {
  try {
    return await directory.summaryOf(sessionId);
  } catch (error) {
    if (hasErrorCode(error, 'UNKNOWN_SESSION')) return null;
    throw error;
  }
}
