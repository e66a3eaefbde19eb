import { unreachable } from '../errors/unreachable.ts';
import type { EngineId, SessionId } from '../identifiers.ts';
import type { InstanceEvent } from './instance-events.ts';

export interface Claim {
  readonly sessionId: SessionId;
  readonly engineId: EngineId;
}

export interface InstanceState {
  /** All sessions of the instance, in the order of their claims. */
  readonly sessions: readonly SessionId[];
  /** The session that holds the instance, and the engine that works on it. */
  readonly claim: Claim | null;
}

export const initialInstance: InstanceState = { sessions: [], claim: null };

export function evolveInstance(state: InstanceState, event: InstanceEvent): InstanceState {
  switch (event.type) {
    case 'SessionClaimed':
      return { sessions: [...state.sessions, event.data.sessionId], claim: event.data };
    case 'SessionTakenOver':
      return { ...state, claim: event.data };
    case 'SessionReleased':
      return { ...state, claim: null };
    default:
      return unreachable(event);
  }
}
