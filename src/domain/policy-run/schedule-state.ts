import { SnapledgerError } from '../errors/snapledger-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { EngineId, PolicyId, SessionId, TimestampMs } from '../identifiers.ts';
import type { ScheduleEvent } from './schedule-events.ts';

export interface RunClaim {
  readonly sessionId: SessionId;
  readonly engineId: EngineId;
}

export interface ScheduleState {
  /** The run under way, and the engine that works on it. */
  readonly claim: RunClaim | null;
  readonly lastRunId: SessionId | null;
  /** Up to when scheduled runs have taken care of what was due; null before the first. */
  readonly coveredUntil: TimestampMs | null;
  /** What the two were before the last claim. */
  readonly before: Pick<ScheduleState, 'lastRunId' | 'coveredUntil'>;
}

export const initialSchedule: ScheduleState = {
  claim: null,
  lastRunId: null,
  coveredUntil: null,
  before: { lastRunId: null, coveredUntil: null },
};

export function evolveSchedule(state: ScheduleState, event: ScheduleEvent): ScheduleState {
  switch (event.type) {
    case 'RunClaimed': {
      const { sessionId, engineId, coveredUntil } = event.data;
      return {
        claim: { sessionId, engineId },
        lastRunId: sessionId,
        coveredUntil: coveredUntil ?? state.coveredUntil,
        before: { lastRunId: state.lastRunId, coveredUntil: state.coveredUntil },
      };
    }
    case 'RunTakenOver':
      return { ...state, claim: event.data };
    case 'RunReleased':
      return { ...state, claim: null };
    case 'RunAbandoned':
      return { ...state, claim: null, ...state.before };
    default:
      return unreachable(event);
  }
}

export type ScheduleCommand =
  | {
      readonly type: 'ClaimRun';
      readonly policyId: PolicyId;
      readonly sessionId: SessionId;
      readonly engineId: EngineId;
      readonly coveredUntil: TimestampMs | null;
    }
  /** Only for a claim whose engine is known to be dead. */
  | { readonly type: 'TakeOverRun'; readonly dead: RunClaim; readonly engineId: EngineId }
  | { readonly type: 'ReleaseRun'; readonly sessionId: SessionId }
  /** Only for a run of which there is no event. */
  | { readonly type: 'AbandonRun'; readonly sessionId: SessionId };

/**
 * Serialises the runs of one policy, as the stream of an instance does its sessions.
 *
 * @throws POLICY_BUSY when another run is under way
 * @throws SESSION_FENCED when the run to go on with is another engine's by now
 */
export function decideSchedule(
  command: ScheduleCommand,
  state: ScheduleState,
): readonly ScheduleEvent[] {
  switch (command.type) {
    case 'ClaimRun': {
      const { policyId, sessionId, engineId, coveredUntil } = command;
      if (state.claim !== null) throw busy(policyId, state.claim.sessionId);
      return [{ type: 'RunClaimed', data: { sessionId, engineId, coveredUntil } }];
    }
    case 'TakeOverRun': {
      const { dead, engineId } = command;
      const { sessionId } = dead;
      if (state.claim?.sessionId !== sessionId || state.claim.engineId !== dead.engineId) {
        throw new SnapledgerError(
          'SESSION_FENCED',
          `run ${sessionId} was taken over by another engine`,
        );
      }
      return [{ type: 'RunTakenOver', data: { sessionId, engineId } }];
    }
    case 'ReleaseRun':
      if (state.claim?.sessionId !== command.sessionId) return [];
      return [{ type: 'RunReleased', data: { sessionId: command.sessionId } }];
    case 'AbandonRun':
      if (state.claim?.sessionId !== command.sessionId) return [];
      return [{ type: 'RunAbandoned', data: { sessionId: command.sessionId } }];
    default:
      return unreachable(command);
  }
}

function busy(policyId: PolicyId, sessionId: SessionId): SnapledgerError {
  return new SnapledgerError(
    'POLICY_BUSY',
    `policy '${policyId}' is being run by session ${sessionId}`,
    {
      retry: 'retryable',
      remedy: `Wait until it has ended ('snapledger sessions' shows it); if its program has died, 'snapledger run' brings it to its end.`,
      details: { policyId, sessionId },
    },
  );
}
