import { isMaintenance } from '../../domain/backup-session/start-session.ts';
import type { BackupScope } from '../../domain/backup-session/backup-events.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { SessionPurpose } from '../../domain/instance/decide-instance.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import type { RunParts } from '../../domain/policy/run-parts.ts';
import type { BackupRequest, MaintenanceRequest, RunningSession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { loadRecords } from '../instance/load-history.ts';
import { selectableInstance } from '../instance/selectable-instance.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { presentPolicyOf } from '../policy/policy-of-instance.ts';
import type { ClaimedSessions, SessionPlan, SessionWishes } from './claimed-sessions.ts';

/** A signal that never aborts, for requests that bring none. */
const never = new AbortController().signal;

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

/** What time asks for, as it was looked at. */
export interface DueMaintenance {
  readonly instance: SelectableInstance;
  readonly sessionId: SessionId;
  /** Null: no policy covers it. */
  readonly policy: BackupPolicy | null;
  readonly sessionsSeen: number;
  readonly hasPoints: boolean;
  readonly signal: AbortSignal;
}

/** Begins the sessions of instances: backups, and maintenance. */
export class BackupSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #claims: InstanceClaims;
  readonly #policies: PolicyBook;
  readonly #claimed: ClaimedSessions;

  constructor(
    context: EngineContext,
    ledger: Ledger,
    claims: InstanceClaims,
    policies: PolicyBook,
    claimed: ClaimedSessions,
  ) {
    this.#context = context;
    this.#ledger = ledger;
    this.#claims = claims;
    this.#policies = policies;
    this.#claimed = claimed;
  }

  /**
   * @throws UNKNOWN_INSTANCE, NO_POLICY, INSTANCE_BUSY, WRONG_PASSPHRASE, INVALID_ARGUMENT; UNKNOWN_EVENT and
   *   LEDGER_CORRUPT when what is recorded of the instance, or the policy that it may belong to, cannot be read
   */
  async start(request: BackupRequest): Promise<RunningSession> {
    const { instanceId, pointKind = 'incremental', signal = never, onProgress } = request;
    const { origin = { kind: 'on-demand' } } = request;
    const { cloud, clock, random } = this.#context;
    const instance = await cloud.instances.describe(instanceId);
    const policy = await presentPolicyOf(this.#ledger, this.#policies, instance);
    const isManual = origin.kind === 'manual';
    if (policy === null && !isManual) throw noPolicy(instanceId);
    if (isManual) assertInFuture(origin.expiresAt, clock.now());
    // Made by hand, it is outside of the policy: nothing of its rules, its copies included.
    const replicaTargets =
      request.replicaTargets ??
      (isManual ? [] : (policy?.replicas ?? []).map(({ target }) => target));
    const scope = request.scope ?? scopeOf(policy);
    if (pointKind === 'full' && scope === 'snapshot-only') throw noPointWanted(instanceId);
    await this.#expectReadable(instanceId);
    const sessionId = random.uuid() as SessionId;
    return this.#begin(
      { sessionId, instanceId, scope, origin, policy, pointKind, replicaTargets },
      instance,
      { signal, ...(onProgress === undefined ? {} : { onProgress }) },
    );
  }

  /**
   * A session that a run of a policy has asked for, under the id that the run has recorded.
   *
   * @throws UNKNOWN_INSTANCE, INSTANCE_BUSY, WRONG_PASSPHRASE; UNKNOWN_EVENT and LEDGER_CORRUPT when what is
   *   recorded of the instance cannot be read
   */
  async startOrdered(order: BackupOrder): Promise<RunningSession> {
    const { instanceId, sessionId, runId, policy, parts, signal } = order;
    const instance = await this.#context.cloud.instances.describe(instanceId);
    await this.#expectReadable(instanceId);
    const { scope, replicas: replicaTargets } = parts;
    const origin = { kind: 'policy', runId } as const;
    const pointKind = 'incremental';
    return this.#begin(
      { sessionId, instanceId, scope, origin, policy, pointKind, replicaTargets },
      instance,
      { signal },
    );
  }

  /**
   * A session that has taken its set goes on to its retention, which needs all that is recorded: one that
   * could not come to its end would hold the instance for ever.
   *
   * @throws UNKNOWN_EVENT, LEDGER_CORRUPT
   */
  async #expectReadable(instanceId: InstanceId): Promise<void> {
    await loadRecords(this.#ledger, instanceId, { sensitive: 'left' });
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
    const { instance, sessions } = await loadRecords(this.#ledger, instanceId, {
      sensitive: 'left',
    });
    if (instance.sessions.length === 0) await cloud.instances.describe(instanceId);
    const selectable = await selectableInstance(cloud.instances, instanceId);
    const policy = await presentPolicyOf(this.#ledger, this.#policies, selectable);
    // Opened now, so that a wrong passphrase begins no session that cannot remove its points.
    if (sessions.some(({ point }) => point !== null)) await this.#context.repository();
    const sessionId = random.uuid() as SessionId;
    const scope = 'retention-only';
    const origin = { kind: 'on-demand' } as const;
    const nothing = { pointKind: 'incremental', replicaTargets: [] } as const;
    const plan = { sessionId, instanceId, scope, origin, policy, ...nothing } as const;
    return this.#begin(plan, selectable, { signal });
  }

  /**
   * Maintenance that time asks for; null when the instance is at work, or has had another session since
   * it was looked at: whether it is still due has to be looked at anew.
   *
   * @throws WRONG_PASSPHRASE and whatever else keeps the repository from being opened, when the
   *   instance has restore points
   */
  async startDueMaintenance(due: DueMaintenance): Promise<RunningSession | null> {
    const { instance, sessionId, policy, sessionsSeen, hasPoints, signal } = due;
    const { instanceId } = instance;
    if (hasPoints) await this.#context.repository();
    const scope = 'retention-only';
    const origin = { kind: 'policy', runId: null } as const;
    const nothing = { pointKind: 'incremental', replicaTargets: [] } as const;
    const plan = { sessionId, instanceId, scope, origin, policy, ...nothing } as const;
    try {
      return await this.#begin(plan, instance, { signal }, () =>
        this.#claims.claimAsSeen(instance, sessionId, sessionsSeen),
      );
    } catch (error) {
      if (hasErrorCode(error, 'REVISION_CONFLICT', 'INSTANCE_BUSY')) return null;
      throw error;
    }
  }

  /** @see ClaimedSessions.resume */
  resume(instanceId: InstanceId, signal: AbortSignal = never): Promise<RunningSession | null> {
    return this.#claimed.resume(instanceId, signal);
  }

  async #begin(
    plan: SessionPlan,
    instance: SelectableInstance,
    wishes: SessionWishes,
    claim = () => this.#claims.claim(instance, plan.sessionId, purposeOf(plan.scope)),
  ): Promise<RunningSession> {
    await this.#openRepository(plan.scope);
    return this.#claimed.begin(plan, wishes, claim);
  }

  /**
   * Opened now, so that a wrong passphrase begins no session. One that takes snapshots only needs
   * the repository for nothing but its seal: that is made up for, and it says so at its end.
   */
  async #openRepository(scope: BackupScope): Promise<void> {
    try {
      await this.#context.repository();
    } catch (error) {
      // Sealed where nobody would look for it, it would be taken for unsealed for ever.
      if (scope === 'image-level' || hasErrorCode(error, 'REPOSITORY_EXCHANGED')) throw error;
    }
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

function purposeOf(scope: BackupScope): SessionPurpose {
  return isMaintenance(scope) ? 'maintenance' : 'backup';
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
