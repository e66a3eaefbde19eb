import type { InstanceId, SessionId } from '../domain/identifiers.ts';
import type { ObjectTotals } from './collection.ts';

/**
 * Gives what points need another place, in a repository where several points share it. Needs no
 * lock: any number of writers, readers and collectors may be at work, and any of them may die at any
 * moment. What was moved stays where it was until a collection removes it.
 */
export interface Relocator {
  /**
   * What repacking would do for the points of one instance; nothing is changed.
   *
   * @throws INVALID_ARGUMENT when there is nothing of the instance; OBJECT_CORRUPT when a map of the
   *   instance is damaged; REPOSITORY_VERSION when the repository was made before data could be moved
   */
  planRepack(instanceId: InstanceId, options: RepackOptions): Promise<RepackPlan>;
  /**
   * Stores anew what is needed of objects of which little is needed, so that nobody needs those any
   * more. The session is a new one, which writes nothing else; it has ended when this settles, or,
   * if it dies, when somebody discards it: then nothing has changed. One that finds nothing to move
   * leaves a tombstone, so ask for the plan before.
   *
   * @throws as `planRepack`; RELOCATION_OVERTAKEN when another session moves data of the instance,
   *   SESSION_FENCED, and the signal's reason
   */
  repack(
    instanceId: InstanceId,
    sessionId: SessionId,
    options: RepackOptions,
  ): Promise<RepackOutcome>;
}

export interface RepackOptions {
  /**
   * Bytes of data to be stored anew: what of the objects' content is needed. One object is repacked
   * in any case, and what says where the data is comes on top.
   */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface RepackPlan {
  /** Objects that would be repacked, with all they hold now. */
  readonly sparse: ObjectTotals;
  /** What is needed of them. */
  readonly liveBytes: number;
  /** As sparse, and left for the next time. */
  readonly left: ObjectTotals;
}

export interface RepackOutcome {
  readonly pointsMoved: number;
  readonly bytesWritten: number;
  /** Blocks that could not be read, and stay where they are. */
  readonly blocksDamaged: number;
}
