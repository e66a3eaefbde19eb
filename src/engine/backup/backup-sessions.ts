import type { BackupCommand } from '../../domain/backup-session/backup-commands.ts';
import type { BackupScope } from '../../domain/backup-session/backup-events.ts';
import { decideBackup } from '../../domain/backup-session/decide-backup.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { Claim } from '../../domain/instance/instance-state.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import type { RunParts } from '../../domain/policy/run-parts.ts';
import type { BackupRequest, MaintenanceRequest, RunningSession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { loadRecords } from '../instance/load-history.ts';
import { selectableInstance } from '../instance/selectable-instance.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import type { RetentionSettingsBook } from '../settings/retention-settings-book.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { backupAggregate } from './backup-aggregate.ts';
import { type BackupRun, runBackup } from './run-backup.ts';
import { SnapshotWaiters } from './snapshot-waiters.ts';

/** A signal that never aborts, for requests that bring none. */
const never = new AbortController().signal;

/** For a session that is only ended. */
const unwatched = { closeSignal: never, onRecorded: () => undefined } as const;

/** What a run of a policy asks for. */
export interface BackupOrder {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  readonly runId: SessionId;
  /** As it was when the run began. */
  readonly policy: BackupPolicy;
  readonly parts: RunParts;
  readonly signal: AbortSignal;
}

/** A session that has begun and not ended, and that held no instance when it was looked at. */
export interface UnclaimedSession {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
}

/** What time asks for, as it was looked at. */
export interface DueMaintenance {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  /** Null: no policy covers it. */
  readonly policy: BackupPolicy | null;
  readonly sessionsSeen: number;
  readonly hasPoints: boolean;
  readonly signal: AbortSignal;
}

/** Begins backups, and goes on with those whose engine died. */
export class BackupSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #directory: SessionDirectory;
  readonly #claims: InstanceClaims;
  readonly #policies: PolicyBook;
  readonly #runner: SessionRunner;
  readonly #settings: RetentionSettingsBook;
  readonly #waiters: SnapshotWaiters;
  /** Sessions of this engine that somebody works on; its others could not go on. */
  readonly #atWork = new Set<SessionId>();

  constructor(
    context: EngineContext,
    ledger: Ledger,
    directory: SessionDirectory,
    claims: InstanceClaims,
    policies: PolicyBook,
    settings: RetentionSettingsBook,
    runner: SessionRunner,
  ) {
    this.#context = context;
    this.#ledger = ledger;
    this.#directory = directory;
    this.#claims = claims;
    this.#policies = policies;
    this.#runner = runner;
    this.#settings = settings;
    this.#waiters = new SnapshotWaiters(context);
  }

  /** @throws UNKNOWN_INSTANCE, NO_POLICY, INSTANCE_BUSY, WRONG_PASSPHRASE, INVALID_ARGUMENT */
  async start(request: BackupRequest): Promise<RunningSession> {
    const { instanceId, pointKind = 'incremental', signal = never } = request;
    const { origin = { kind: 'on-demand' } } = request;
    const { cloud, clock, random } = this.#context;
    const policy = await this.#policies.of(await cloud.instances.describe(instanceId));
    const isManual = origin.kind === 'manual';
    if (policy === null && !isManual) throw noPolicy(instanceId);
    if (isManual) assertInFuture(origin.expiresAt, clock.now());
    // Made by hand, it is outside of the policy: nothing of its rules, its copies included.
    const replicaTargets =
      request.replicaTargets ??
      (isManual ? [] : (policy?.replicas ?? []).map(({ target }) => target));
    const scope = request.scope ?? scopeOf(policy);
    if (pointKind === 'full' && scope === 'snapshot-only') throw noPointWanted(instanceId);
    const sessionId = random.uuid() as SessionId;
    return this.#begin(
      { sessionId, instanceId, scope, origin, policy, pointKind, replicaTargets },
      signal,
    );
  }

  /**
   * A session that a run of a policy has asked for, under the id that the run has recorded.
   *
   * @throws UNKNOWN_INSTANCE, INSTANCE_BUSY, WRONG_PASSPHRASE
   */
  async startOrdered(order: BackupOrder): Promise<RunningSession> {
    const { instanceId, sessionId, runId, policy, parts, signal } = order;
    await this.#context.cloud.instances.describe(instanceId);
    const { scope, replicas: replicaTargets } = parts;
    const origin = { kind: 'policy', runId } as const;
    const pointKind = 'incremental';
    return this.#begin(
      { sessionId, instanceId, scope, origin, policy, pointKind, replicaTargets },
      signal,
    );
  }

  /**
   * Applies retention to an instance, and does nothing else. Also to one that was removed from the
   * cloud, or that no policy covers any more.
   *
   * @throws UNKNOWN_INSTANCE when nothing is known of it; INSTANCE_BUSY, WRONG_PASSPHRASE
   */
  async startMaintenance({
    instanceId,
    signal = never,
  }: MaintenanceRequest): Promise<RunningSession> {
    const { cloud, random } = this.#context;
    const { instance, sessions } = await loadRecords(this.#ledger, instanceId);
    if (instance.sessions.length === 0) await cloud.instances.describe(instanceId);
    const policy = await this.#policies.of(await selectableInstance(cloud.instances, instanceId));
    // Opened now, so that a wrong passphrase begins no session that cannot remove its points.
    if (sessions.some(({ point }) => point !== null)) await this.#context.repository();
    const sessionId = random.uuid() as SessionId;
    const scope = 'retention-only';
    const origin = { kind: 'on-demand' } as const;
    const nothing = { pointKind: 'incremental', replicaTargets: [] } as const;
    return this.#begin({ sessionId, instanceId, scope, origin, policy, ...nothing }, signal);
  }

  /**
   * Maintenance that time asks for; null when the instance is at work, or has had another session since
   * it was looked at: whether it is still due has to be looked at anew.
   *
   * @throws WRONG_PASSPHRASE and whatever else keeps the repository from being opened, when the
   *   instance has restore points
   */
  async startDueMaintenance(due: DueMaintenance): Promise<RunningSession | null> {
    const { instanceId, sessionId, policy, sessionsSeen, hasPoints, signal } = due;
    if (hasPoints) await this.#context.repository();
    const scope = 'retention-only';
    const origin = { kind: 'policy', runId: null } as const;
    const nothing = { pointKind: 'incremental', replicaTargets: [] } as const;
    const plan = { sessionId, instanceId, scope, origin, policy, ...nothing } as const;
    try {
      return await this.#begin(plan, signal, () =>
        this.#claims.claimAsSeen(instanceId, sessionId, sessionsSeen),
      );
    } catch (error) {
      if (hasErrorCode(error, 'REVISION_CONFLICT', 'INSTANCE_BUSY')) return null;
      throw error;
    }
  }

  async #begin(
    plan: Omit<Extract<BackupCommand, { type: 'StartSession' }>, 'type' | 'now'>,
    signal: AbortSignal,
    claim = () => this.#claims.claim(plan.instanceId, plan.sessionId),
  ): Promise<RunningSession> {
    const { sessionId, instanceId, scope } = plan;
    await this.#openRepository(scope);

    return this.#working(sessionId, async () => {
      await claim();
      const fresh = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
      const now = this.#context.clock.now();
      const events = decideBackup({ ...plan, type: 'StartSession', now }, fresh.state);
      await this.#ledger.append(fresh, events, 'StartSession', backupAggregate);
      return this.#run(sessionId, instanceId, signal);
    });
  }

  /**
   * Opened now, so that a wrong passphrase begins no session. One that takes snapshots only needs
   * the repository for nothing but its seal: that is made up for, and it says so at its end.
   */
  async #openRepository(scope: BackupScope): Promise<void> {
    try {
      await this.#context.repository();
    } catch (error) {
      if (scope === 'image-level') throw error;
    }
  }

  /**
   * Takes over the open session of an instance if its engine is dead, or goes on with one of this
   * engine that had to stop; null when there is none.
   */
  async resume(
    instanceId: InstanceId,
    signal: AbortSignal = never,
  ): Promise<RunningSession | null> {
    const { claim } = await this.#claims.stateOf(instanceId);
    if (claim === null || this.#atWork.has(claim.sessionId)) return null;
    const { sessionId } = claim;
    return this.#working(sessionId, async () => {
      if (!(await this.#makeOwn(instanceId, claim))) return null;
      const { state } = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
      if (state.status === 'not-started') {
        // Its engine died between the claim and the first event: nothing was done.
        await this.#claims.release(instanceId, sessionId);
        return null;
      }
      return this.#run(sessionId, instanceId, signal);
    });
  }

  /**
   * Ends a session that was given up before its first event was recorded: its engine was slow, and
   * was taken for dead meanwhile. Nothing was done for it.
   */
  async endUnclaimed({ sessionId, instanceId }: UnclaimedSession): Promise<void> {
    // Looked at after the session was: whoever works on one had claimed it before it began.
    const { claim } = await this.#claims.stateOf(instanceId);
    if (claim?.sessionId === sessionId) return;
    const loaded = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
    if (loaded.state.status !== 'running') return;
    const reason = new SnapledgerError('CANCELLED', 'its engine was taken for dead as it began', {
      remedy: `Run 'snapledger backup ${instanceId}' again.`,
    });
    const cancelSignal = AbortSignal.abort(reason);
    await runBackup({ ...this.#parts(), ...unwatched, cancelSignal }, loaded);
  }

  /**
   * To be asked after the session was loaded, before anything is done. If the claim is still ours,
   * whoever takes the session over does so after this, and the first of its events is the fence:
   * our next append fails. Without this a slow engine that was taken for dead would load what
   * its successor had written, and go on beside it; or begin a session whose instance was released
   * because no event of it had been seen.
   *
   * @throws SESSION_FENCED
   */
  async #expectClaim(instanceId: InstanceId, sessionId: SessionId): Promise<void> {
    const { claim } = await this.#claims.stateOf(instanceId);
    const isOurs = claim?.sessionId === sessionId && claim.engineId === this.#context.engineId;
    if (isOurs) return;
    throw new SnapledgerError(
      'SESSION_FENCED',
      `this engine was taken for dead, and session ${sessionId} of instance '${instanceId}' is no longer its own`,
      { remedy: 'Nothing: another engine brings it to its end.' },
    );
  }

  #parts(): Pick<BackupRun, 'engine' | 'ledger' | 'directory' | 'claims' | 'settings' | 'waiters'> {
    return {
      engine: this.#context,
      ledger: this.#ledger,
      directory: this.#directory,
      claims: this.#claims,
      settings: this.#settings,
      waiters: this.#waiters,
    };
  }

  /** False while another engine works on it. */
  async #makeOwn(instanceId: InstanceId, claim: Claim): Promise<boolean> {
    const { engineId, presence } = this.#context;
    if (claim.engineId === engineId) return true;
    if (await presence.isPresent(claim.engineId)) return false;
    try {
      await this.#claims.takeOver(instanceId, claim);
      return true;
    } catch (error) {
      // Another engine that found it dead was faster.
      if (hasErrorCode(error, 'SESSION_FENCED')) return false;
      throw error;
    }
  }

  /** Keeps a session from being resumed by this engine while `begin` and what it starts work on it. */
  async #working<Begun extends RunningSession | null>(
    sessionId: SessionId,
    begin: () => Promise<Begun>,
  ): Promise<Begun> {
    this.#atWork.add(sessionId);
    let begun: Begun | null = null;
    try {
      begun = await begin();
      return begun;
    } finally {
      if (begun === null) this.#atWork.delete(sessionId);
    }
  }

  #run(sessionId: SessionId, instanceId: InstanceId, cancelSignal: AbortSignal): RunningSession {
    return this.#runner.run(sessionId, { instanceId }, async (work) => {
      try {
        const loaded = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
        await this.#expectClaim(instanceId, sessionId);
        await runBackup({ ...this.#parts(), ...work, cancelSignal }, loaded);
        await this.#claims.release(instanceId, sessionId);
      } finally {
        this.#atWork.delete(sessionId);
      }
    });
  }
}

/** Without a policy, as the default policy has it. */
function scopeOf(policy: BackupPolicy | null): BackupScope {
  return policy === null || policy.image.level === 'on' ? 'image-level' : 'snapshot-only';
}

function assertInFuture(expiresAt: TimestampMs | null, now: TimestampMs): void {
  if (expiresAt === null || (Number.isSafeInteger(expiresAt) && expiresAt > now)) return;
  throw new SnapledgerError('INVALID_ARGUMENT', 'a backup made by hand cannot expire in the past', {
    remedy: 'Give a later time, or none.',
  });
}

function noPolicy(instanceId: InstanceId): SnapledgerError {
  return new SnapledgerError('NO_POLICY', `no policy covers instance '${instanceId}'`, {
    remedy: `Make one: snapledger policy set ${instanceId} --keep-snapshots 7.`,
  });
}

function noPointWanted(instanceId: InstanceId): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `a full point of instance '${instanceId}' is asked for, but only snapshots are to be taken of it`,
    { remedy: `Switch image-level backup on: snapledger policy set ${instanceId} --image.` },
  );
}
