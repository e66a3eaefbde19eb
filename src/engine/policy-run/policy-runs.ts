import type { PolicyId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { DueRun } from '../../domain/policy/due-runs.ts';
import { everyPart, type RunParts } from '../../domain/policy/run-parts.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { decidePolicyRun } from '../../domain/policy-run/decide-policy-run.ts';
import type { RunTrigger } from '../../domain/policy-run/policy-run-events.ts';
import type { ScheduleState } from '../../domain/policy-run/schedule-state.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { BackupSessions } from '../backup/backup-sessions.ts';
import type { PolicyRunRequest, RunningPolicyRun } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { SessionsAtWork } from '../session/sessions-at-work.ts';
import { InstanceSessions } from './instance-sessions.ts';
import { policyRunAggregate } from './policy-run-aggregate.ts';
import { instanceResolver } from './resolve-run.ts';
import type { RunClaims } from './run-claims.ts';
import { type PolicyRunWork, runPolicy } from './run-policy.ts';

const never = new AbortController().signal;

export interface PolicyRunsParts {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly backups: BackupSessions;
  readonly claims: InstanceClaims;
  readonly runClaims: RunClaims;
  readonly policies: PolicyBook;
  readonly directory: SessionDirectory;
  readonly runner: SessionRunner;
}

interface RunToBegin {
  readonly policy: BackupPolicy;
  readonly trigger: RunTrigger;
  readonly parts: RunParts;
  /** Null: on demand. */
  readonly coveredUntil: TimestampMs | null;
}

/** What a run is told from outside. */
export interface RunSignals {
  /** Aborting it cancels the run and its sessions. */
  readonly cancelSignal: AbortSignal;
  /** Once aborted, a run that only waits for a retry is left as it is, for another engine. */
  readonly stopSignal: AbortSignal;
}

const unattended: RunSignals = { cancelSignal: never, stopSignal: never };

/** A run that has begun and not ended, and that its schedule did not know when it was looked at. */
export interface UnclaimedRun {
  readonly sessionId: SessionId;
  readonly policyId: PolicyId;
}

/** Begins runs of policies, and goes on with those whose engine died. */
export class PolicyRuns {
  readonly #parts: PolicyRunsParts;
  readonly #claims: RunClaims;
  readonly #atWork = new SessionsAtWork();

  constructor(parts: PolicyRunsParts) {
    this.#parts = parts;
    this.#claims = parts.runClaims;
  }

  scheduleOf(policyId: PolicyId): Promise<Loaded<ScheduleState>> {
    return this.#claims.load(policyId);
  }

  /** @throws UNKNOWN_POLICY, POLICY_BUSY, WRONG_PASSPHRASE; REVISION_CONFLICT when another engine was faster */
  async startOnDemand({ policyId, signal = never }: PolicyRunRequest): Promise<RunningPolicyRun> {
    const policy = await this.#parts.policies.get(policyId);
    const schedule = await this.#claims.load(policyId);
    const parts = everyPart(policy);
    const run = { policy, trigger: { kind: 'on-demand' }, parts, coveredUntil: null } as const;
    return this.#begin(schedule, run, { cancelSignal: signal, stopSignal: never });
  }

  /** Begins a run that is due by this schedule; null when another engine was faster. */
  async startDue(
    schedule: Loaded<ScheduleState>,
    { policy, parts, dueAt }: DueRun,
    coveredUntil: TimestampMs,
    signals: RunSignals,
  ): Promise<RunningPolicyRun | null> {
    const trigger = { kind: 'schedule', dueAt } as const;
    try {
      return await this.#begin(schedule, { policy, trigger, parts, coveredUntil }, signals);
    } catch (error) {
      if (hasErrorCode(error, 'REVISION_CONFLICT', 'POLICY_BUSY')) return null;
      throw error;
    }
  }

  /**
   * Takes over the open run of a policy if its engine is dead, or goes on with one of this engine
   * that had to stop; null when there is none.
   */
  async resume(policyId: PolicyId, signals = unattended): Promise<RunningPolicyRun | null> {
    const { engine, ledger } = this.#parts;
    const schedule = await this.#claims.load(policyId);
    const { claim } = schedule.state;
    if (claim === null || this.#atWork.has(claim.sessionId)) return null;
    // A look that was under way when it was stopped takes up nothing that was left just now.
    if (signals.stopSignal.aborted) return null;
    const { sessionId } = claim;
    return this.#atWork.during(sessionId, async () => {
      if (claim.engineId !== engine.engineId) {
        if (await engine.presence.isPresent(claim.engineId)) return null;
        try {
          await this.#claims.takeOver(schedule, claim);
        } catch (error) {
          if (hasErrorCode(error, 'REVISION_CONFLICT', 'SESSION_FENCED')) return null;
          throw error;
        }
      }
      const { state } = await ledger.load(sessionStream(sessionId), policyRunAggregate);
      if (state.status === 'not-started') {
        // Its engine died between the claim and the first event.
        await this.#claims.abandon(policyId, sessionId);
        return null;
      }
      return this.#run(sessionId, policyId, signals);
    });
  }

  /**
   * Ends a run that was given up before its first event was recorded: its engine was slow, and was taken
   * for dead meanwhile. Nothing was done for it.
   */
  async endUnclaimed({ sessionId, policyId }: UnclaimedRun): Promise<void> {
    // Looked at after the run was: whoever works on one had claimed it before it began.
    const { claim } = (await this.#claims.load(policyId)).state;
    if (claim?.sessionId === sessionId) return;
    const { ledger } = this.#parts;
    const loaded = await ledger.load(sessionStream(sessionId), policyRunAggregate);
    if (loaded.state.status !== 'running') return;
    const reason = new SnapledgerError('CANCELLED', 'its engine was taken for dead as it began');
    const given = {
      cancelSignal: AbortSignal.abort(reason),
      stopSignal: never,
      closeSignal: never,
      onRecorded: () => undefined,
    };
    try {
      await runPolicy(this.#work(given), loaded);
    } catch (error) {
      // Another engine that found it ends it.
      if (!hasErrorCode(error, 'SESSION_FENCED')) throw error;
    }
  }

  async #begin(
    schedule: Loaded<ScheduleState>,
    { policy, trigger, parts, coveredUntil }: RunToBegin,
    signals: RunSignals,
  ): Promise<RunningPolicyRun> {
    const { engine, ledger } = this.#parts;
    const { policyId } = policy;
    const sessionId = engine.random.uuid() as SessionId;
    // Opened now, so that a wrong passphrase begins no run whose sessions would all fail by it.
    if (parts.scope === 'image-level') await engine.repository();
    return this.#atWork.during(sessionId, async () => {
      await this.#claims.claim(schedule, { policyId, sessionId, coveredUntil });
      const fresh = await ledger.load(sessionStream(sessionId), policyRunAggregate);
      const now = engine.clock.now();
      const start = { type: 'StartRun', sessionId, policy, trigger, parts, now } as const;
      const events = decidePolicyRun(start, fresh.state);
      await ledger.append(fresh, events, start.type, policyRunAggregate);
      return this.#run(sessionId, policyId, signals);
    });
  }

  #run(sessionId: SessionId, policyId: PolicyId, signals: RunSignals): RunningPolicyRun {
    const { ledger, runner } = this.#parts;
    return runner.run(sessionId, { policyId }, async ({ onRecorded, closeSignal }) => {
      try {
        const loaded = await ledger.load(sessionStream(sessionId), policyRunAggregate);
        await this.#expectClaim(policyId, sessionId);
        await runPolicy(this.#work({ ...signals, closeSignal, onRecorded }), loaded);
        await this.#claims.release(policyId, sessionId);
      } finally {
        this.#atWork.over(sessionId);
      }
    });
  }

  /**
   * To be asked after the run was loaded, before anything is done. If the claim is still ours, whoever
   * takes the run over does so after this, and the first of its events is the fence: our next append
   * fails. Without this a slow engine that was taken for dead would begin a run that was given up because
   * no event of it had been seen, beside the one that came in its place.
   *
   * @throws SESSION_FENCED
   */
  async #expectClaim(policyId: PolicyId, sessionId: SessionId): Promise<void> {
    const { claim } = (await this.#claims.load(policyId)).state;
    const { engineId } = this.#parts.engine;
    if (claim?.sessionId === sessionId && claim.engineId === engineId) return;
    throw new SnapledgerError(
      'SESSION_FENCED',
      `this engine was taken for dead, and run ${sessionId} of policy '${policyId}' is no longer its own`,
      { remedy: "Nothing: another engine brings it to its end, or 'snapledger resume' does." },
    );
  }

  #work(given: RunSignals & Pick<PolicyRunWork, 'closeSignal' | 'onRecorded'>): PolicyRunWork {
    const { engine, ledger, backups, claims, policies, directory } = this.#parts;
    const resolve = instanceResolver(engine.cloud, policies, ledger);
    const sessions = new InstanceSessions({ engine, backups, claims, directory, ...given });
    return { engine, ledger, resolve, sessions, ...given };
  }
}
