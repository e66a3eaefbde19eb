import type { InstanceId, PointId, SessionId } from '../domain/identifiers.ts';

/**
 * Gives points what they need of those before them, so that these can be removed; of a format whose
 * points need their parents. Needs no lock: writers, readers, collectors and other merges may be at
 * work, and any of them may die at any moment. Merged points are what they were, block by block.
 */
export interface PointMerger {
  /**
   * Which points each point of an instance needs directly, as it is now. After a merge these are others
   * than it was compared with when it was made.
   *
   * @throws OBJECT_CORRUPT
   */
  parentsOf(instanceId: InstanceId): Promise<ReadonlyMap<PointId, readonly PointId[]>>;
  /**
   * What merging would do; nothing is changed.
   *
   * @throws OBJECT_CORRUPT when what a point needs is damaged, as far as it has to be looked at
   */
  planMerge(instanceId: InstanceId, options: MergeOptions): Promise<MergePlan>;
  /**
   * Merges, one point after the other, and yields each when it is decided. The session is a new one,
   * which writes nothing else; it has ended when this settles, or, if it dies, when somebody discards
   * it: what was yielded stays, and a point that was not is as it was.
   *
   * @throws as `planMerge`, and when a block that has to be stored anew is damaged; then its point is as
   *   it was. RELOCATION_OVERTAKEN when another session merges points of the instance, SESSION_FENCED,
   *   and the signal's reason
   */
  merge(
    instanceId: InstanceId,
    sessionId: SessionId,
    options: MergeOptions,
  ): AsyncIterable<MergedPointStep>;
}

export interface MergeOptions {
  /** The points that nobody wants for themselves. They are not removed. */
  readonly unwanted: ReadonlySet<PointId>;
  /** Bytes to be written, about; one point is merged in any case. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface MergePlan {
  /** Oldest first. */
  readonly merges: readonly PlannedMerge[];
  /** Points that would be merged as well, and are left for the next time. */
  readonly left: number;
}

export interface PlannedMerge {
  readonly pointId: PointId;
  /** Which of the unwanted points it would no longer need, nearest first. */
  readonly absorbed: readonly PointId[];
  /** About so many bytes would be written. */
  readonly bytesToWrite: number;
}

export interface MergedPointStep {
  readonly pointId: PointId;
  readonly absorbed: readonly PointId[];
  /** Which points it needs from now on. */
  readonly parents: readonly PointId[];
  readonly bytesWritten: number;
}
