import type { Problem } from '../../domain/backup-session/backup-events.ts';
import { assert } from '../../domain/errors/assert.ts';
import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { AttemptStatus, InstanceAttempt } from '../../domain/policy-run/policy-run-events.ts';
import type { StartedPolicyRun } from '../../domain/policy-run/policy-run.ts';
import type { BackupOrder, BackupSessions } from '../backup/backup-sessions.ts';
import type { RunningSession, SessionSummary } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { problemOf } from '../problem-of.ts';
import type { SessionDirectory } from '../session/session-directory.ts';

/** How one session of a run ended. */
export interface SessionEnd {
  readonly instanceSessionId: SessionId;
  readonly status: AttemptStatus;
  readonly problem: Problem | null;
}

export interface InstanceSessionsParts {
  readonly engine: EngineContext;
  readonly backups: BackupSessions;
  readonly claims: InstanceClaims;
  readonly directory: SessionDirectory;
  readonly cancelSignal: AbortSignal;
  readonly closeSignal: AbortSignal;
}

/** Begins and follows the sessions of one run; those of an engine that died are found again. */
export class InstanceSessions {
  readonly #parts: InstanceSessionsParts;
  readonly #followed = new Map<SessionId, Promise<SessionEnd>>();

  constructor(parts: InstanceSessionsParts) {
    this.#parts = parts;
  }

  /** Begins the session that the run has just recorded. What goes wrong is how it ends. */
  begin(run: StartedPolicyRun, instanceSessionId: SessionId): void {
    const attempt = run.open.find((one) => one.instanceSessionId === instanceSessionId);
    assert(attempt !== undefined, 'a session is begun once it is recorded');
    const end = this.#begin(run, attempt);
    void this.#follow(instanceSessionId, end);
  }

  /**
   * Resolves with the first of the open sessions that ends.
   *
   * @throws the reason of `closeSignal` when the engine closes
   */
  nextEnd(run: StartedPolicyRun, open: readonly InstanceAttempt[]): Promise<SessionEnd> {
    const ends = open.map((attempt) => {
      const { instanceSessionId } = attempt;
      return (
        this.#followed.get(instanceSessionId) ??
        this.#follow(instanceSessionId, this.#adopt(run, attempt))
      );
    });
    return Promise.race(ends);
  }

  #follow(instanceSessionId: SessionId, end: Promise<SessionEnd>): Promise<SessionEnd> {
    // Asked for later, by nextEnd; until then a failure is nobody's.
    end.catch(() => undefined);
    this.#followed.set(instanceSessionId, end);
    return end;
  }

  async #begin(run: StartedPolicyRun, attempt: InstanceAttempt): Promise<SessionEnd> {
    const { cancelSignal, closeSignal } = this.#parts;
    const { instanceId, instanceSessionId } = attempt;
    try {
      const { sessionId: runId, policy, parts } = run;
      const order = { instanceId, sessionId: instanceSessionId, runId, policy, parts };
      const session = await this.#startOnceFree({ ...order, signal: cancelSignal });
      return endOf(await session.ended);
    } catch (error) {
      closeSignal.throwIfAborted();
      // Perhaps another engine goes on with it; then its end is still to come.
      if (await this.#isRecorded(instanceSessionId)) return this.#adopt(run, attempt);
      return { instanceSessionId, status: 'failed', problem: problemOf(error) };
    }
  }

  /**
   * A backup is not to fail for maintenance that holds its instance: nobody asked for that at this very
   * moment. If it takes too long the attempt fails as for any other session.
   */
  async #startOnceFree(order: BackupOrder): Promise<RunningSession> {
    const { engine, backups } = this.#parts;
    const { clock, limits } = engine;
    const deadline = clock.now() + limits.maintenanceWaitMaxMs;
    for (;;) {
      try {
        return await backups.startOrdered(order);
      } catch (error) {
        const isPatient = !order.signal.aborted && clock.now() < deadline;
        if (!hasErrorCode(error, 'INSTANCE_BUSY') || !isPatient) throw error;
        if (!(await this.#isBeingMaintained(order.instanceId))) throw error;
      }
      // Its engine may have died. How it ends is recorded, and told to whoever follows it.
      await (await backups.resume(order.instanceId))?.ended.catch(() => undefined);
      await clock.sleep(limits.sessionPollMs, this.#parts.closeSignal);
    }
  }

  async #isBeingMaintained(instanceId: InstanceId): Promise<boolean> {
    const { claim } = await this.#parts.claims.stateOf(instanceId);
    // Free by now: it was held a moment ago, and the next attempt tells by whom.
    return claim === null || (await this.#summary(claim.sessionId))?.kind === 'maintenance';
  }

  /** Brings a session to its end whose engine died, or waits for whoever does. */
  async #adopt(run: StartedPolicyRun, attempt: InstanceAttempt): Promise<SessionEnd> {
    const { engine, backups, cancelSignal, closeSignal } = this.#parts;
    const { instanceId, instanceSessionId } = attempt;
    const signal = run.cancellation === null ? cancelSignal : AbortSignal.abort(run.cancellation);
    for (;;) {
      const summary = await this.#summary(instanceSessionId);
      if (summary?.condition === 'ended') return endOf(summary);
      if (summary === null && !(await this.#isClaimed(attempt))) return neverBegun(attempt);
      const resumed = await backups.resume(instanceId, signal);
      if (resumed?.sessionId === instanceSessionId) {
        try {
          return endOf(await resumed.ended);
        } catch (error) {
          closeSignal.throwIfAborted();
          if (!hasErrorCode(error, 'SESSION_FENCED')) throw error;
        }
      }
      await engine.clock.sleep(engine.limits.sessionPollMs, closeSignal);
    }
  }

  async #isClaimed({ instanceId, instanceSessionId }: InstanceAttempt): Promise<boolean> {
    const { claim } = await this.#parts.claims.stateOf(instanceId);
    return claim?.sessionId === instanceSessionId;
  }

  async #isRecorded(sessionId: SessionId): Promise<boolean> {
    return (await this.#summary(sessionId)) !== null;
  }

  async #summary(sessionId: SessionId): Promise<SessionSummary | null> {
    try {
      return await this.#parts.directory.summaryOf(sessionId);
    } catch (error) {
      if (hasErrorCode(error, 'UNKNOWN_SESSION')) return null;
      throw error;
    }
  }
}

function endOf({ sessionId, status, problems }: SessionSummary): SessionEnd {
  assert(status !== 'running', 'a session that has ended runs no more');
  if (status === 'succeeded') return { instanceSessionId: sessionId, status, problem: null };
  const [problem = { code: 'CANCELLED', message: 'the session was cancelled' }] = problems;
  return { instanceSessionId: sessionId, status, problem };
}

function neverBegun({ instanceSessionId }: InstanceAttempt): SessionEnd {
  const problem = { code: 'INTERRUPTED', message: 'the engine died before the session began' };
  return { instanceSessionId, status: 'failed', problem };
}
