import type { ReplicaProgress, StartedBackup } from '../backup-session/backup-session.ts';
import type { ReplicaSetId, SessionId, SnapshotId, SnapshotSetId } from '../identifiers.ts';
import type { FoundMaker, FoundRecord } from './judge-found.ts';

/** What of a session says what is recorded: whole states of all sessions would not fit in memory. */
export type RecordingSession = Pick<
  StartedBackup,
  'sessionId' | 'status' | 'snapshotSet' | 'replicas' | 'removed' | 'unremoved' | 'adopted'
>;

/** A snapshot that was found, or a copy of one, and what its tags say that it belongs to. */
interface FoundOf<Id> {
  readonly id: Id;
  readonly madeBy: SessionId;
  readonly snapshotId: SnapshotId;
}

/** What the sessions of a ledger have recorded of snapshot sets and replicas. */
export class RecordedItems {
  readonly #sessions: ReadonlyMap<SessionId, RecordingSession>;
  readonly #unreadable: ReadonlySet<SessionId>;
  readonly #removed: ReadonlySet<string>;
  readonly #unremoved: ReadonlySet<string>;
  readonly #adopted: ReadonlyMap<string, ReadonlySet<SnapshotId>>;

  /** @param unreadable sessions of which not all that is recorded can be read */
  constructor(sessions: readonly RecordingSession[], unreadable: readonly SessionId[] = []) {
    this.#sessions = new Map(sessions.map((session) => [session.sessionId, session]));
    this.#unreadable = new Set(unreadable);
    this.#removed = idsOf(sessions.map(({ removed }) => removed));
    this.#unremoved = idsOf(sessions.map(({ unremoved }) => unremoved));
    this.#adopted = new Map<string, ReadonlySet<SnapshotId>>(
      sessions.flatMap(({ adopted: { sets, replicas } }) => [
        ...sets.map((set) => [set.setId, snapshotsOf(set)] as const),
        ...replicas.map((replica) => [replica.replicaSetId, snapshotsOf(replica)] as const),
      ]),
    );
  }

  makerOf(sessionId: SessionId): FoundMaker {
    if (this.#unreadable.has(sessionId)) return 'unreadable';
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return 'unknown';
    return session.status === 'running' ? 'open' : 'ended';
  }

  ofSet({ id, madeBy, snapshotId }: FoundOf<SnapshotSetId>): FoundRecord {
    const known = this.#knownBy(id, snapshotId);
    if (known !== null) return known;
    const session = this.#sessions.get(madeBy);
    if (session?.snapshotSet?.setId !== id) return 'nothing';
    const { state, snapshots } = session.snapshotSet;
    switch (state) {
      case 'requested':
      case 'abandoned':
        return givenUp(session);
      case 'taken':
      case 'completed':
        return existing(snapshots, snapshotId);
    }
  }

  ofReplica({ id, madeBy, snapshotId }: FoundOf<ReplicaSetId>): FoundRecord {
    const known = this.#knownBy(id, snapshotId);
    if (known !== null) return known;
    const session = this.#sessions.get(madeBy);
    const replica = session?.replicas.find(({ replicaSetId }) => replicaSetId === id);
    if (session === undefined || replica === undefined) return 'nothing';
    return this.#ofProgress(session, replica, snapshotId);
  }

  #ofProgress(
    session: RecordingSession,
    { replicaSetId, state, snapshots }: ReplicaProgress,
    snapshotId: SnapshotId,
  ): FoundRecord {
    switch (state) {
      case 'failed':
        return givenUp(session);
      case 'torn':
        // Somebody wanted it to go, or retention has tried to remove it: it goes on doing so.
        return session.status === 'cancelled' || this.#unremoved.has(replicaSetId)
          ? 'exists'
          : 'torn';
      // Which copies there are of it nobody has recorded.
      case 'requested':
        return 'exists';
      case 'started':
      case 'completed':
        return existing(snapshots, snapshotId);
    }
  }

  /** What is said of it whoever made it. */
  #knownBy(id: string, snapshotId: SnapshotId): FoundRecord | null {
    if (this.#removed.has(id)) return 'removed';
    const adopted = this.#adopted.get(id);
    if (adopted === undefined) return null;
    return adopted.has(snapshotId) ? 'exists' : 'exists-of-others';
  }
}

function givenUp({ status }: RecordingSession): FoundRecord {
  return status === 'cancelled' ? 'discarded' : 'given-up';
}

function existing(
  snapshots: readonly { readonly snapshotId: SnapshotId }[],
  snapshotId: SnapshotId,
): FoundRecord {
  const isOne = snapshots.some((one) => one.snapshotId === snapshotId);
  return isOne ? 'exists' : 'exists-of-others';
}

function idsOf(removals: readonly StartedBackup['removed'][]): ReadonlySet<string> {
  return new Set(removals.flatMap(({ sets, replicas }) => [...sets, ...replicas]));
}

function snapshotsOf({
  snapshots,
}: {
  readonly snapshots: readonly { readonly snapshotId: SnapshotId }[];
}): ReadonlySet<SnapshotId> {
  return new Set(snapshots.map(({ snapshotId }) => snapshotId));
}
