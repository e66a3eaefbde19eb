import type {
  PolicyId,
  Region,
  ReplicaSetId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
} from '../identifiers.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { Sensitive } from '../sensitive/sensitive.ts';
import type { TakenSnapshot } from './taken-snapshot.ts';

/**
 * Why the ledger did not have it: `unknown-session`: it does not know the session that made it;
 * `given-up`: that session recorded that nothing of it is left; `not-recorded`: that session's record ends
 * before it.
 */
export type AdoptionReason = 'unknown-session' | 'given-up' | 'not-recorded';

/** What is known of whatever was adopted: by its tags, and by what the cloud says of its snapshots. */
interface Adopted {
  /** The session that made it. */
  readonly madeBy: SessionId;
  /** By which it was made; null: by none. */
  readonly policyId: PolicyId | null;
  /** Of the instance, and so of its set. */
  readonly region: Region;
  /** Of a replica, the time of its set: where nobody knows that, when the set was requested. */
  readonly takenAt: TimestampMs;
  readonly configuration: Sensitive<Readonly<Record<string, unknown>>>;
  readonly reason: AdoptionReason;
}

/** A snapshot set that was found whole in the cloud, and not in the ledger. */
export interface AdoptedSet extends Adopted {
  readonly setId: SnapshotSetId;
  readonly snapshots: readonly TakenSnapshot[];
}

/** The copy of one snapshot, with what else only the snapshot's set would tell. */
export interface AdoptedCopy extends TakenSnapshot {
  readonly sourceSnapshotId: SnapshotId;
}

/** A replica that was found whole in the cloud; its set need not exist. */
export interface AdoptedReplica extends Adopted {
  readonly replicaSetId: ReplicaSetId;
  readonly target: ReplicaTarget;
  readonly setId: SnapshotSetId;
  readonly snapshots: readonly AdoptedCopy[];
}

export interface AdoptedItems {
  readonly sets: readonly AdoptedSet[];
  readonly replicas: readonly AdoptedReplica[];
}

/** The set exists, and from here on it is one of the instance like any other. */
export interface SnapshotSetAdopted {
  readonly type: 'SnapshotSetAdopted';
  readonly data: AdoptedSet;
}

/** The same of a replica. */
export interface ReplicaAdopted {
  readonly type: 'ReplicaAdopted';
  readonly data: AdoptedReplica;
}
