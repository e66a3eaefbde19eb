import type { OpenWriter } from '../../format/collection.ts';
import type { SessionDirectory } from '../session/session-directory.ts';

/** A session that is registered in the repository, and what the ledger says of it. */
export interface KnownWriter extends OpenWriter {
  /**
   * `ended`: the ledger has its end, and only its registration was left. `unknown`: it is in no
   * ledger that this engine has; another vault may use the repository.
   */
  readonly condition: 'at-work' | 'interrupted' | 'ended' | 'unknown';
}

export async function knownWriters(
  directory: SessionDirectory,
  writers: readonly OpenWriter[],
): Promise<readonly KnownWriter[]> {
  if (writers.length === 0) return [];
  const summaries = new Map((await directory.list(null)).map((one) => [one.sessionId, one]));
  return writers.map((writer) => {
    const summary = summaries.get(writer.sessionId);
    // Registered before registrations said whose they are.
    const instanceId = writer.instanceId ?? summary?.instanceId ?? null;
    return { ...writer, instanceId, condition: summary?.condition ?? 'unknown' };
  });
}
