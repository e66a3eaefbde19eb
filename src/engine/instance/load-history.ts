import { assert } from '../../domain/errors/assert.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import { type InstanceHistory, instanceHistory } from '../../domain/retention/instance-history.ts';
import { backupAggregate } from '../backup/backup-aggregate.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { instanceStream, sessionStream } from '../ledger/stream-names.ts';
import { instanceAggregate } from './instance-aggregate.ts';

/** What the ledger knows of an instance: a fold over the sessions that its stream lists. */
export async function loadHistory(
  ledger: Ledger,
  instanceId: InstanceId,
): Promise<InstanceHistory> {
  const { state } = await ledger.load(instanceStream(instanceId), instanceAggregate);
  const sessions: StartedBackup[] = [];
  for (const sessionId of state.sessions) {
    const session = await ledger.load(sessionStream(sessionId), backupAggregate);
    // A claim whose engine died before the session's first event left nothing behind.
    if (session.state.status === 'not-started') continue;
    assert(session.state.instanceId === instanceId, 'an instance lists its own sessions');
    sessions.push(session.state);
  }
  return instanceHistory(sessions, state);
}
