import { assert } from '../errors/assert.ts';
import type { ReplicaSetId, SessionId, TimestampMs } from '../identifiers.ts';
import { maintenanceDueAt } from '../maintenance/maintenance-due.ts';
import { maintenanceLimits } from '../maintenance/maintenance-limits.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { Occurrences } from '../policy/occurrences.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import { nextRemovalAt } from '../retention/next-removal.ts';
import { keepObsolete } from '../retention/obsolete-rule.ts';
import { planRetention } from '../retention/plan-retention.ts';
import type { RetentionCircumstances } from '../retention/retention-circumstances.ts';
import {
  type PointDependency,
  removalsOf,
  type RetentionPlan,
} from '../retention/retention-plan.ts';
import { emptyHistory, withoutItems, withSession } from './simulated-history.ts';
import type { SimulatedSession } from './simulated-session.ts';

/** The one instance of a simulation, and what its sessions and its maintenance make of it. */
export class SimulatedInstance {
  readonly #policy: BackupPolicy;
  readonly #pointDependency: PointDependency;
  #history = emptyHistory;
  #lastRetentionAt: TimestampMs | null = null;
  readonly #targets = new Map<ReplicaSetId, ReplicaTarget>();

  constructor(policy: BackupPolicy, pointDependency: PointDependency) {
    this.#policy = policy;
    this.#pointDependency = pointDependency;
  }

  /** What the session makes is there, and what its retention decides is done. */
  backUp(session: SimulatedSession, targets: readonly ReplicaTarget[]): RetentionPlan {
    const { history, sessionId } = withSession(this.#history, session, targets);
    this.#history = history;
    for (const { id, target } of history.replicas) this.#targets.set(id, target);
    // A session that fails after its set was completed applies retention, too.
    return this.#retain(session.startedAt, sessionId);
  }

  /** Of a replica that there is or was. */
  targetOf(replicaSetId: ReplicaSetId): ReplicaTarget {
    const target = this.#targets.get(replicaSetId);
    assert(target !== undefined, 'a replica was made by one of the sessions');
    return target;
  }

  maintain(now: TimestampMs): RetentionPlan {
    return this.#retain(now, null);
  }

  /**
   * When the engine maintains it before its next session; null: it does not.
   *
   * @param sessionAt when that may come; null: never
   */
  maintenanceBefore(
    sessionAt: TimestampMs | null,
    now: TimestampMs,
    occurrences: Occurrences,
  ): TimestampMs | null {
    const limit = sessionAt ?? Infinity;
    const lastTriedAt = this.#lastRetentionAt;
    // Between daily sessions there is none: what would go and when need not be looked for.
    if (limit <= (lastTriedAt ?? now) + maintenanceLimits.pauseMs) return null;
    const policy = this.#policy;
    const removalAt = nextRemovalAt(this.#circumstances(now, null));
    const maintained = { nextRemovalAt: removalAt, lastTriedAt, policy };
    const dueAt = maintenanceDueAt(maintained, now, occurrences);
    // What is due together with a session is left to it.
    return (dueAt ?? limit) < limit ? dueAt : null;
  }

  #retain(now: TimestampMs, during: SessionId | null): RetentionPlan {
    const plan = planRetention(this.#circumstances(now, during));
    this.#history = withoutItems(this.#history, removalsOf(plan));
    this.#lastRetentionAt = now;
    return plan;
  }

  #circumstances(now: TimestampMs, during: SessionId | null): RetentionCircumstances {
    return {
      history: this.#history,
      policy: this.#policy,
      obsolete: keepObsolete,
      pointDependency: this.#pointDependency,
      during,
      now,
    };
  }
}
