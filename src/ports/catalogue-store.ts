import type { SessionStatus } from '../domain/backup-session/backup-session.ts';
import type { EngineId, InstanceId, SessionId, TimestampMs } from '../domain/identifiers.ts';
import type { ItemRef } from '../domain/retention/retention-plan.ts';
import type { GlobalPosition, StreamName } from './event-store.ts';

/** Up to where the rows of a catalogue go, and what proves that it is this ledger's. */
export interface CatalogueCheckpoint {
  /** What made the rows of events; rows of another version are worth nothing. */
  readonly version: string;
  /** A UUID for each time that the rows are made from nothing: as long as it stays, they only grow. */
  readonly making: string;
  /** Of the last event that the rows know. */
  readonly position: GlobalPosition;
  /** Of the event before that one; null when it is the first of the ledger. */
  readonly before: GlobalPosition | null;
  /** The hash of its record, and so of all before it in its stream. */
  readonly recordHash: string;
}

/** What a list of sessions is filtered by, and the rest as text that the store never looks into. */
export interface CataloguedSession {
  readonly sessionId: SessionId;
  /** Null for the run of a policy, a collection and a verification; it never changes. */
  readonly instanceId: InstanceId | null;
  readonly kind:
    | 'backup'
    | 'maintenance'
    | 'restore'
    | 'policy-run'
    | 'collection'
    | 'verification'
    | 'repacking'
    | 'merging'
    | 'repair';
  readonly status: SessionStatus;
  readonly startedAt: TimestampMs;
  /** Who recorded its first event. */
  readonly actor: string;
  readonly document: string;
}

/** A session in its place. */
export interface ListedSession extends CataloguedSession {
  /** Its place among all sessions, in the order in which they began, from 1; grows for ever. */
  readonly ordinal: number;
  /** The engine that holds it now, by the claims; null when none does. */
  readonly heldBy: EngineId | null;
}

/** An id by which an item can be named: its own, or that of a snapshot in it. */
export interface ItemName {
  readonly id: string;
  readonly item: ItemRef;
}

/** What is known of one session, whole. It is written again as more becomes known. */
export interface SessionRows {
  readonly session: CataloguedSession;
  /** Of everything that it made or asked for, there or gone; never fewer than before. */
  readonly names: readonly ItemName[];
  /** What it made and did not abandon. */
  readonly made: readonly ItemRef[];
  /** What it removed, of whichever session; never less than before. */
  readonly removed: readonly ItemRef[];
}

/** Which session holds an instance or the runs of a policy, by this stream. */
export interface ClaimRow {
  readonly stream: StreamName;
  /** Null: nobody holds it. */
  readonly claim: { readonly sessionId: SessionId; readonly engineId: EngineId } | null;
}

export interface CatalogueAdvance {
  /** What the rows were made on; null: on none. */
  readonly from: CatalogueCheckpoint | null;
  readonly to: CatalogueCheckpoint;
  /** In the order in which they began, as far as they are new. */
  readonly sessions: readonly SessionRows[];
  readonly claims: readonly ClaimRow[];
  /** Streams of which not every event can be read: what else is known of them goes up to there. */
  readonly unreadable: readonly StreamName[];
}

export interface CataloguedFilter {
  readonly instanceId?: InstanceId;
  readonly kind?: CataloguedSession['kind'];
  readonly status?: SessionStatus;
  readonly actor?: string;
  /** Begun at or after. */
  readonly since?: TimestampMs;
  /** Begun before. */
  readonly until?: TimestampMs;
}

/** A page of a list, by ordinals. */
export interface SessionPage {
  /** `forwards`: oldest first. */
  readonly direction: 'forwards' | 'backwards';
  /** The last one of the page before; null for the first page. */
  readonly after: number | null;
  readonly limit: number;
}

/** What an instance has and had, counted. */
export interface InstanceCounts {
  readonly instanceId: InstanceId;
  readonly sessions: number;
  /** Items that were made and not removed. */
  readonly snapshotSets: number;
  readonly replicas: number;
  readonly restorePoints: number;
  /** Holds the instance now; null when none does. */
  readonly openSessionId: SessionId | null;
}

export interface FoundName extends ItemName {
  readonly instanceId: InstanceId;
}

/** An item that was made and not removed. */
export interface PresentItem {
  readonly id: string;
  readonly instanceId: InstanceId;
}

/**
 * Keeps what the ledger says ready for lists. It holds nothing that is not in the ledger, and is made
 * again from nothing at any time. Several processes may share one.
 *
 * Every method rejects with CATALOGUE_UNUSABLE when what is stored cannot be used: `startAnew` helps, the second
 * time at the latest.
 */
export interface CatalogueStore {
  /** Null: there are no rows. */
  checkpoint(): Promise<CatalogueCheckpoint | null>;
  /**
   * Puts the rows in and moves the checkpoint, both or neither.
   *
   * @returns `overtaken`, and nothing is changed, when the checkpoint is not `from`: another process
   *   was faster
   */
  advance(advance: CatalogueAdvance): Promise<'advanced' | 'overtaken'>;
  /** Removes all rows and the checkpoint, of all who share it. */
  clear(): Promise<void>;
  /** Leaves whatever is stored and begins with an empty catalogue. */
  startAnew(): Promise<void>;

  sessions(filter: CataloguedFilter, page: SessionPage): Promise<readonly ListedSession[]>;
  /** Null when it is not known. */
  session(sessionId: SessionId): Promise<ListedSession | null>;
  /** At most `limit` of the sessions whose ids begin so. */
  sessionIds(prefix: string, limit: number): Promise<readonly SessionId[]>;
  /** At most `limit` of the names that begin so. */
  itemNames(prefix: string, limit: number): Promise<readonly FoundName[]>;
  /** The items of this kind that were made and not removed, in the order of their sessions. */
  present(kind: ItemRef['kind']): Promise<readonly PresentItem[]>;
  /** The claims that hold, of the streams whose names begin so. */
  claims(streamPrefix: string): Promise<readonly ClaimRow[]>;
  /** The streams that cannot be read, of those whose names begin so, in the order of their names. */
  unreadable(streamPrefix: string): Promise<readonly StreamName[]>;
  /**
   * At most `limit` of the sessions whose streams cannot be read, in the order of their ids.
   *
   * @param streamPrefix what comes before the id in the name of a session's stream
   * @param instanceId only those of this instance, and those that are in no list; null: all
   */
  unreadableSessions(
    streamPrefix: string,
    instanceId: InstanceId | null,
    limit: number,
  ): Promise<readonly SessionId[]>;
  /** Every instance that had a session, in the order of their ids. */
  instances(): Promise<readonly InstanceCounts[]>;

  close(): Promise<void>;
}
