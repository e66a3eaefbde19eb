import { SnapledgerError } from '../errors/snapledger-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { EngineId, InstanceId, SessionId } from '../identifiers.ts';
import type { InstanceEvent } from './instance-events.ts';
import type { InstanceState } from './instance-state.ts';

interface ClaimingCommand {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  readonly engineId: EngineId;
}

export type InstanceCommand =
  | (ClaimingCommand & { readonly type: 'ClaimSession' })
  /** Only for a claim whose engine is known to be dead. */
  | (ClaimingCommand & { readonly type: 'TakeOverSession' })
  | { readonly type: 'ReleaseSession'; readonly sessionId: SessionId };

/**
 * Serialises the sessions of one instance: the claim is the lock, and appending it at the
 * expected revision is the fence.
 *
 * @throws INSTANCE_BUSY when another session holds the instance
 * @throws SESSION_FENCED when the session to go on with holds it no more
 */
export function decideInstance(
  command: InstanceCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  switch (command.type) {
    case 'ClaimSession': {
      if (state.claim !== null) throw busy(command.instanceId, state.claim.sessionId);
      const { sessionId, engineId } = command;
      return [{ type: 'SessionClaimed', data: { sessionId, engineId } }];
    }
    case 'TakeOverSession': {
      if (state.claim?.sessionId !== command.sessionId) throw fenced(command.sessionId);
      const { sessionId, engineId } = command;
      return [{ type: 'SessionTakenOver', data: { sessionId, engineId } }];
    }
    case 'ReleaseSession':
      if (state.claim?.sessionId !== command.sessionId) return [];
      return [{ type: 'SessionReleased', data: { sessionId: command.sessionId } }];
    default:
      return unreachable(command);
  }
}

function busy(instanceId: InstanceId, sessionId: SessionId): SnapledgerError {
  return new SnapledgerError(
    'INSTANCE_BUSY',
    `instance '${instanceId}' is being backed up by session ${sessionId}`,
    {
      retry: 'retryable',
      remedy: `Wait until it has ended ('snapledger sessions ${instanceId}' shows it); if its program has died, 'snapledger resume' brings it to its end.`,
      details: { instanceId, sessionId },
    },
  );
}

function fenced(sessionId: SessionId): SnapledgerError {
  return new SnapledgerError('SESSION_FENCED', `session ${sessionId} was ended by another engine`);
}
