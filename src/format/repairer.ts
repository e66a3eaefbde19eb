import type {
  BlockIndex,
  InstanceId,
  PointId,
  SessionId,
  VolumeId,
} from '../domain/identifiers.ts';

/**
 * Heals what points need and what is damaged or lost, in a repository that can find another copy of it
 * and give it another place. Needs no lock: any number of writers, readers and collectors may be at
 * work, and any of them may die at any moment. What is damaged is never overwritten, and nothing is
 * stored that is not proven to be what was lost.
 */
export interface Repairer {
  /**
   * What a repair would do for the points of one instance; nothing is changed.
   *
   * @throws INVALID_ARGUMENT when there is nothing of the instance; OBJECT_CORRUPT when it is unknown
   *   where the maps of the instance begin; REPOSITORY_VERSION when the repository was made before data
   *   could be moved
   */
  planRepair(instanceId: InstanceId, options: RepairOptions): Promise<RepairCounts>;
  /**
   * Stores anew what can be healed, at another place. The session is a new one, which writes nothing
   * else; it has ended when this settles, or, if it dies, when somebody discards it: then nothing has
   * changed. One that heals nothing leaves a tombstone, so ask for the plan before.
   *
   * @throws as `planRepair`; RELOCATION_OVERTAKEN when another session moves data of the instance,
   *   SESSION_FENCED, and the signal's reason
   */
  repair(
    instanceId: InstanceId,
    sessionId: SessionId,
    options: RepairOptions,
  ): Promise<RepairOutcome>;
}

export interface RepairOptions {
  /**
   * Objects of which everything that is needed is read, to see what of it is damaged: those that a
   * verification has named. Of all others only what a check of the structure sees is known.
   */
  readonly suspects: ReadonlySet<string>;
  readonly elsewhere: BlocksElsewhere;
  readonly signal?: AbortSignal;
}

/**
 * What a block may hold, read from outside of the repository, the likeliest first. Each is held to the
 * block's name before it is believed, so a guess does no harm.
 */
export type BlocksElsewhere = (place: BlockPlace) => AsyncIterable<Uint8Array>;

/** A block as a point has it; other points may share it. */
export interface BlockPlace {
  readonly pointId: PointId;
  readonly volumeId: VolumeId;
  readonly blockIndex: BlockIndex;
  /** 512 KiB, or less for the last block of a volume. */
  readonly lengthBytes: number;
}

/** What is damaged, each piece once however many points share it. */
export interface RepairCounts {
  readonly blocksDamaged: number;
  /** Of these: there is another copy in the repository, or elsewhere. */
  readonly blocksFromCopies: number;
  readonly blocksFromElsewhere: number;
  /** Parts of what says where blocks are. */
  readonly mapPartsDamaged: number;
  readonly mapPartsHealed: number;
  /** Objects that begin with what they must not: what they hold is sound, and gets another place. */
  readonly objectsSpoilt: number;
}

export interface RepairOutcome extends RepairCounts {
  readonly pointsHealed: number;
  readonly bytesWritten: number;
}
