import type { Problem } from '../backup-session/backup-events.ts';
import type { EngineId, InstanceId, RepositoryId, SessionId, TimestampMs } from '../identifiers.ts';

/** An event of the maintenance of a repository. Stream `session-<id>`; docs/events.md explains each. */
interface Event<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** So many objects of the store, and their bytes. */
export interface StoredData {
  readonly objects: number;
  readonly bytes: number;
}

/** What a session of the repository does. */
export type RepositoryWork = 'collection';

export type RepositorySessionStarted = Event<
  'RepositorySessionStarted',
  {
    kind: 'repository';
    sessionId: SessionId;
    repositoryId: RepositoryId;
    work: RepositoryWork;
    /** The engine that does it: when it dies, the work is begun anew by another session. */
    engineId: EngineId;
    startedAt: TimestampMs;
  }
>;
/** A session that was registered in the repository can make no point from now on, or has made it. */
export type WriterEnded = Event<
  'WriterEnded',
  {
    writerId: SessionId;
    instanceId: InstanceId;
    outcome: 'discarded' | 'committed';
    why: 'session-ended' | 'asked-for';
  }
>;
export type CollectionPlanned = Event<
  'CollectionPlanned',
  {
    inUse: StoredData;
    removable: StoredData;
    awaiting: StoredData;
    unexplained: StoredData;
    leftovers: number;
    openWriters: readonly SessionId[];
  }
>;
export type DataCondemned = Event<'DataCondemned', StoredData & { generation: number }>;
export type DataRemoved = Event<'DataRemoved', StoredData>;
export type RepositorySessionCompleted = Event<
  'RepositorySessionCompleted',
  { endedAt: TimestampMs }
>;
export type RepositorySessionFailed = Event<
  'RepositorySessionFailed',
  { problem: Problem; endedAt: TimestampMs }
>;
export type RepositorySessionCancelled = Event<
  'RepositorySessionCancelled',
  { reason: string; endedAt: TimestampMs }
>;

export type RepositorySessionEvent =
  | RepositorySessionStarted
  | WriterEnded
  | CollectionPlanned
  | DataCondemned
  | DataRemoved
  | RepositorySessionCompleted
  | RepositorySessionFailed
  | RepositorySessionCancelled;
