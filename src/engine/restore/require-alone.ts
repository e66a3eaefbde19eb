import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import type { SessionDirectory } from '../session/session-directory.ts';

type KnownSessions = Pick<SessionDirectory, 'entries' | 'stateOf'>;

/**
 * Throws while a restore other than this session exchanges volumes of the instance. What is announced before
 * it looks for the other is sure that not both go on.
 *
 * @param own null: of nobody who exchanges any
 * @throws INSTANCE_BUSY
 */
export async function requireNoExchange(
  directory: KnownSessions,
  instanceId: InstanceId,
  own: SessionId | null,
): Promise<void> {
  const running = await directory.entries({ instanceId, kind: 'restore', status: 'running' });
  for (const { sessionId } of running) {
    if (sessionId === own) continue;
    const state = await directory.stateOf(sessionId);
    if ('exchange' in state && state.exchange !== null && state.status === 'running') {
      throw busy(instanceId, `restore ${sessionId} exchanges volumes of instance '${instanceId}'`);
    }
  }
}

/**
 * Throws while anything else works on the volumes of an instance: a snapshot of half an exchange would be of
 * neither what was nor what is to be.
 *
 * @throws INSTANCE_BUSY
 */
export async function requireAlone(
  directory: KnownSessions,
  claims: Pick<InstanceClaims, 'stateOf'>,
  { instanceId, sessionId }: { readonly instanceId: InstanceId; readonly sessionId: SessionId },
): Promise<void> {
  const { claim } = await claims.stateOf(instanceId);
  if (claim !== null) {
    throw busy(instanceId, `session ${claim.sessionId} works on instance '${instanceId}'`);
  }
  await requireNoExchange(directory, instanceId, sessionId);
}

function busy(instanceId: InstanceId, message: string): SnapledgerError {
  return new SnapledgerError('INSTANCE_BUSY', message, {
    retry: 'retryable',
    remedy: `Wait until it has ended ('snapledger sessions ${instanceId}' shows it); if its program has died, 'snapledger resume' brings it to its end.`,
    details: { instanceId },
  });
}
