import type { InstanceId, PolicyId } from '../../domain/identifiers.ts';
import { backupAggregate } from '../backup/backup-aggregate.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { instanceStream, sessionStream } from '../ledger/stream-names.ts';
import { instanceAggregate } from './instance-aggregate.ts';

/** The policy that the last session of an instance went by; null when it went by none, or there is none. */
export async function lastPolicyOf(
  ledger: Ledger,
  instanceId: InstanceId,
): Promise<PolicyId | null> {
  const { state } = await ledger.load(instanceStream(instanceId), instanceAggregate, {
    sensitive: 'left',
  });
  for (const sessionId of state.sessions.toReversed()) {
    const session = await ledger.load(sessionStream(sessionId), backupAggregate, {
      sensitive: 'left',
    });
    // A claim whose engine died before the session's first event left nothing behind.
    if (session.state.status !== 'not-started') return session.state.policy?.policyId ?? null;
  }
  return null;
}
