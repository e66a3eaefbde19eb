import type { InstanceId, PolicyId, RepositoryId, SessionId } from '../domain/identifiers.ts';
import type { SealOutcome } from './seal-outcome.ts';
import type { SessionEvent } from './session-event.ts';
import type { SessionSummary } from './session-summary.ts';

/** A session of any kind that this engine works on. */
export interface Running {
  readonly sessionId: SessionId;
  /** Resolves when the session has ended, however it ended; rejects only when it cannot go on. */
  readonly ended: Promise<SessionSummary>;
  /**
   * What became of the seal of its record, which is made when the session has ended and before
   * `ended` resolves. Never rejects.
   */
  readonly sealed: Promise<SealOutcome>;
  /**
   * All events of the session from the first on, as they are recorded; ends after the last. May be
   * asked for any number of times; a slow consumer holds nothing up.
   */
  events(): AsyncIterable<SessionEvent>;
}

/** A session of one instance that this engine works on. */
export interface RunningSession extends Running {
  readonly instanceId: InstanceId;
}

/** Work on the repository that this engine does. */
export interface RunningRepositorySession extends Running {
  readonly repositoryId: RepositoryId;
}

/** A run of a policy that this engine works on. */
export interface RunningPolicyRun extends Running {
  readonly policyId: PolicyId;
}
