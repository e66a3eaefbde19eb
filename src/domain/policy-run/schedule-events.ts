import type { EngineId, SessionId, TimestampMs } from '../identifiers.ts';

/** An engine begins a run of this policy; until its release no other may begin. */
export interface RunClaimed {
  readonly type: 'RunClaimed';
  readonly data: {
    readonly sessionId: SessionId;
    readonly engineId: EngineId;
    /** The run takes care of all times of the schedules up to here; null: of none, on demand. */
    readonly coveredUntil: TimestampMs | null;
  };
}

/** Another engine goes on with a run whose engine died. */
export interface RunTakenOver {
  readonly type: 'RunTakenOver';
  readonly data: { readonly sessionId: SessionId; readonly engineId: EngineId };
}

export interface RunReleased {
  readonly type: 'RunReleased';
  readonly data: { readonly sessionId: SessionId };
}

/** Its engine died before the run's first event: nothing was done, and its times are due again. */
export interface RunAbandoned {
  readonly type: 'RunAbandoned';
  readonly data: { readonly sessionId: SessionId };
}

/** Stream `schedule-<policyId>`: which runs a policy had, and which one is under way. */
export type ScheduleEvent = RunClaimed | RunTakenOver | RunReleased | RunAbandoned;
