/**
 * Branded identifiers: a string of one kind cannot be passed where another is meant.
 * The brand exists only for the compiler; at run time every one of these is a plain string.
 */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** An instance as its cloud names it: `i-0abc…` on EC2, the given name in a local cloud. */
export type InstanceId = Brand<string, 'InstanceId'>;
/** A volume as its cloud names it: `vol-…`. */
export type VolumeId = Brand<string, 'VolumeId'>;
/** One snapshot of one volume: `snap-…`. */
export type SnapshotId = Brand<string, 'SnapshotId'>;
/** A crash-consistent set of snapshots of one instance. Chosen by the engine, a UUID. */
export type SnapshotSetId = Brand<string, 'SnapshotSetId'>;
/** The copies of one snapshot set for one replica target. Chosen by the engine, a UUID. */
export type ReplicaSetId = Brand<string, 'ReplicaSetId'>;
/** One run of one kind of work; also the name of the restore point that it commits. A UUID. */
export type SessionId = Brand<string, 'SessionId'>;
/** A restore point. A session commits at most one, so this is the id of that session. */
export type PointId = SessionId;
/** A worker instance as its cloud names it. */
export type WorkerId = Brand<string, 'WorkerId'>;
/** One running engine (a process that may work on sessions). A UUID. */
export type EngineId = Brand<string, 'EngineId'>;
/** A hold on one item of an instance. Chosen by the engine, a UUID. */
export type HoldId = Brand<string, 'HoldId'>;
/** A backup policy. */
export type PolicyId = Brand<string, 'PolicyId'>;
/** A repository, chosen at its creation. A UUID. */
export type RepositoryId = Brand<string, 'RepositoryId'>;
/** A region of a cloud: `eu-central-1`, or `local`. */
export type Region = Brand<string, 'Region'>;
/** Where a volume is attached to its instance: `/dev/xvda`. */
export type DeviceName = Brand<string, 'DeviceName'>;
/** The position of a 512 KiB block in its volume, from 0. */
export type BlockIndex = Brand<number, 'BlockIndex'>;
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type TimestampMs = Brand<number, 'TimestampMs'>;
