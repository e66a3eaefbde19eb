import { isRepositoryWork } from '../domain/repository-session/repository-work.ts';
import type { InstanceId, SessionId } from '../domain/identifiers.ts';
import { assert } from '../domain/errors/assert.ts';
import type { ClaimedSessions } from './backup/claimed-sessions.ts';
import type { CollectionSessions } from './collection/collection-sessions.ts';
import type { RunningSession } from './engine.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { streamPrefixes } from './ledger/stream-names.ts';
import type { PolicyRuns } from './policy-run/policy-runs.ts';
import type { RestoreSessions } from './restore/restore-sessions.ts';
import type { SessionDirectory } from './session/session-directory.ts';
import type { SessionRunner } from './session/session-runner.ts';

export interface ResumeParts {
  readonly catalogue: Catalogue;
  readonly directory: SessionDirectory;
  readonly claimed: ClaimedSessions;
  readonly restores: RestoreSessions;
  readonly collections: CollectionSessions;
  readonly runs: PolicyRuns;
  readonly runner: SessionRunner;
}

/**
 * Takes over what dead engines left open. What cannot be taken over stops none of the others: it
 * comes as a session whose end rejects.
 */
export async function resumeInterrupted(
  { catalogue, directory, claimed, restores, collections, runs, runner }: ResumeParts,
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

  const filter = only === undefined ? {} : { instanceId: only };
  // Before the claims: a session that began in between would be taken for an unclaimed one.
  const sessions = await directory.entries({ ...filter, status: 'running' });
  const placeOf = new Map(sessions.map(({ sessionId }, place) => [sessionId, place]));
  const claims = (await openClaims(catalogue, only)).toSorted(
    (one, other) =>
      (placeOf.get(one.sessionId) ?? sessions.length) -
      (placeOf.get(other.sessionId) ?? sessions.length),
  );
  for (const open of claims) {
    await attempt(open, () => claimed.resume(open.instanceId, signal));
  }
  for (const { sessionId, instanceId, kind, engineId, facts } of sessions) {
    if (isRepositoryWork(kind)) {
      assert(engineId !== null, 'the maintenance of a repository says which engine began it');
      await collections.endInterrupted({ sessionId, engineId });
      // Also when it is for the points of one instance: it holds none.
      continue;
    }
    // One that is claimed is gone on with by whoever runs policies.
    if (kind === 'policy-run' && facts.policyId !== null) {
      await runs.endUnclaimed({ sessionId, policyId: facts.policyId });
    }
    if (instanceId === null) continue;
    await attempt({ sessionId, instanceId }, async () => {
      if (kind !== 'restore') {
        await claimed.endUnclaimed({ sessionId, instanceId });
        return null;
      }
      assert(engineId !== null, 'a restore says which engine began it');
      return restores.resume({ sessionId, engineId }, signal);
    });
  }
  return resumed;
}

/** The sessions that hold an instance, in no order; `only` narrows it to one instance. */
async function openClaims(
  catalogue: Catalogue,
  only: InstanceId | undefined,
): Promise<readonly { readonly instanceId: InstanceId; readonly sessionId: SessionId }[]> {
  const rows = await catalogue.ask((store) => store.claims(streamPrefixes.instance));
  return rows.flatMap(({ stream, claim }) => {
    const instanceId = stream.slice(streamPrefixes.instance.length) as InstanceId;
    if (claim === null || (only !== undefined && instanceId !== only)) return [];
    return [{ instanceId, sessionId: claim.sessionId }];
  });
}
