import type { EngineId, SessionId } from '../identifiers.ts';

/** An engine begins a session of this instance; until its release no other may begin. */
export interface SessionClaimed {
  readonly type: 'SessionClaimed';
  readonly data: { readonly sessionId: SessionId; readonly engineId: EngineId };
}

/** Another engine goes on with a session whose engine died. */
export interface SessionTakenOver {
  readonly type: 'SessionTakenOver';
  readonly data: { readonly sessionId: SessionId; readonly engineId: EngineId };
}

/** The session has ended and everything it used is gone. */
export interface SessionReleased {
  readonly type: 'SessionReleased';
  readonly data: { readonly sessionId: SessionId };
}

/** Stream `instance-<id>`: which sessions an instance had, and which one runs. */
export type InstanceEvent = SessionClaimed | SessionTakenOver | SessionReleased;
