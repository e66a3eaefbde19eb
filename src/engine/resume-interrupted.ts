import type { InstanceId } from '../domain/identifiers.ts';
import type { BackupSessions } from './backup/backup-sessions.ts';
import type { CollectionSessions } from './collection/collection-sessions.ts';
import type { RunningSession } from './engine.ts';
import type { InstanceClaims } from './instance/instance-claims.ts';
import type { RestoreSessions } from './restore/restore-sessions.ts';
import type { SessionDirectory } from './session/session-directory.ts';
import type { SessionRunner } from './session/session-runner.ts';

export interface ResumeParts {
  readonly claims: InstanceClaims;
  readonly directory: SessionDirectory;
  readonly backups: BackupSessions;
  readonly restores: RestoreSessions;
  readonly collections: CollectionSessions;
  readonly runner: SessionRunner;
}

/**
 * Takes over what dead engines left open. What cannot be taken over stops none of the others: it
 * comes as a session whose end rejects.
 */
export async function resumeInterrupted(
  { claims, directory, backups, restores, collections, runner }: ResumeParts,
  { instanceId: only, signal }: { readonly instanceId?: InstanceId; readonly signal?: AbortSignal },
): Promise<readonly RunningSession[]> {
  const resumed: RunningSession[] = [];
  const attempt = async (
    session: Pick<RunningSession, 'sessionId' | 'instanceId'>,
    work: () => Promise<RunningSession | null>,
  ): Promise<void> => {
    try {
      const running = await work();
      if (running !== null) resumed.push(running);
    } catch (error) {
      const { sessionId, instanceId } = session;
      const failed = runner.run(sessionId, { instanceId }, async () => {
        await Promise.resolve();
        throw error;
      });
      resumed.push(failed);
    }
  };

  // Before the claims: a session that began in between would be taken for an unclaimed one.
  const states = await directory.states();
  const sessions = states.flatMap((session) => {
    if ('trigger' in session || 'work' in session) return [];
    return only === undefined || session.instanceId === only ? [session] : [];
  });
  for (const open of await claims.openSessions(only)) {
    await attempt(open, () => backups.resume(open.instanceId, signal));
  }
  for (const session of sessions) {
    if (session.status !== 'running') continue;
    await attempt(session, async () => {
      if ('scope' in session) await backups.endUnclaimed(session);
      else await restores.endInterrupted(session);
      return null;
    });
  }
  if (only === undefined) {
    for (const session of states) if ('work' in session) await collections.endInterrupted(session);
  }
  return resumed;
}
