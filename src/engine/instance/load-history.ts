import { assert } from '../../domain/errors/assert.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { InstanceState } from '../../domain/instance/instance-state.ts';
import type { OpenRestore } from '../../domain/retention/history-facts.ts';
import { type InstanceHistory, instanceHistory } from '../../domain/retention/instance-history.ts';
import { backupAggregate } from '../backup/backup-aggregate.ts';
import type { Ledger, ReadingOptions } from '../ledger/ledger.ts';
import { instanceStream, sessionStream } from '../ledger/stream-names.ts';
import { instanceAggregate } from './instance-aggregate.ts';

/** What the ledger has of an instance. */
export interface InstanceRecords {
  readonly instance: InstanceState;
  /** In the order of their claims. */
  readonly sessions: readonly StartedBackup[];
}

/**
 * The instance's stream and the sessions that it lists; what is sensitive in the sessions is left sealed.
 *
 * @param options of the instance's stream `left` leaves tags and notes sealed
 */
export async function loadRecords(
  ledger: Ledger,
  instanceId: InstanceId,
  { at = null, sensitive = 'opened' }: ReadingOptions = {},
): Promise<InstanceRecords> {
  const stream = instanceStream(instanceId);
  const { state } = await ledger.load(stream, instanceAggregate, { at, sensitive });
  const sessions: StartedBackup[] = [];
  for (const sessionId of state.sessions) {
    const session = await ledger.load(sessionStream(sessionId), backupAggregate, {
      at,
      sensitive: 'left',
    });
    // A claim whose engine died before the session's first event left nothing behind.
    if (session.state.status === 'not-started') continue;
    assert(session.state.instanceId === instanceId, 'an instance lists its own sessions');
    sessions.push(session.state);
  }
  return { instance: state, sessions };
}

/**
 * What the ledger knows of an instance: a fold over the sessions that its stream lists. What is sensitive is
 * left sealed, the notes of holds as well.
 */
export async function loadHistory(
  ledger: Ledger,
  instanceId: InstanceId,
  restores: readonly OpenRestore[] = [],
): Promise<InstanceHistory> {
  const { instance, sessions } = await loadRecords(ledger, instanceId, { sensitive: 'left' });
  return instanceHistory(sessions, instance, restores);
}
