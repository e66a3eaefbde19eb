import type { InstanceId, SessionId, TimestampMs } from '../domain/identifiers.ts';

/** So many objects of the store, and their bytes. */
export interface ObjectTotals {
  readonly objects: number;
  readonly bytes: number;
}

/** A session that may still make a point. `instanceId` is null where nothing names it. */
export interface OpenWriter {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId | null;
}

/** What a session needs only while it runs, and has in the store: its mailbox, plans and segments. */
export interface SessionMailbox extends OpenWriter, ObjectTotals {
  /** `open`: it may still make a point. `ended`: it can make none any more. `unknown`: nothing says which. */
  readonly writer: 'open' | 'ended' | 'unknown';
}

/** What a collection would do with the data that is stored at this moment. */
export interface CollectionPlan {
  /** Needed by a point, or written by a session that may still make one. */
  readonly inUse: ObjectTotals;
  /** Needed by nobody: goes at once. */
  readonly removable: ObjectTotals;
  /** Needed by nobody, and locked; `until` is when the last of it can go, null when there is none. */
  readonly held: ObjectTotals & { readonly until: TimestampMs | null };
  /** Needed by no point, but an open session may know it from a point that is gone. */
  readonly awaiting: ObjectTotals;
  /** Of sessions of which neither a registration nor an end is known: kept. */
  readonly unexplained: ObjectTotals;
  /** Rests of sessions that have ended, besides data: registrations, keys, mailboxes. */
  readonly leftovers: number;
  /** Whoever has to end before `awaiting` goes; ascending by session. */
  readonly openWriters: readonly OpenWriter[];
}

/** What a collection has done. Totals are those of the step, not of the collection. */
export type CollectionStep =
  | { readonly kind: 'planned'; readonly plan: CollectionPlan }
  /** From now on no writer builds on this data. */
  | ({ readonly kind: 'condemned'; readonly generation: number } & ObjectTotals)
  | ({ readonly kind: 'removed' } & ObjectTotals);

/**
 * Frees what no point needs any more. Needs no lock: any number of writers, readers and other
 * collectors may be at work, and any of them may die at any moment.
 */
export interface Collector {
  /** @throws COLLECTION_BLOCKED when a point is damaged such that nobody can tell what it needs */
  plan(options?: CollectionOptions): Promise<CollectionPlan>;
  /** Who would have to end before everything can go; costs little. */
  openWriters(): Promise<readonly OpenWriter[]>;
  /** What sessions have under `control/`, ascending by session; costs little. `closeWriter` removes it. */
  mailboxes(): Promise<readonly SessionMailbox[]>;
  /**
   * Carries the plan out. May be repeated, and goes on where an interrupted one has got to.
   *
   * @throws as `plan`, and COLLECTION_OVERTAKEN when another collector was faster
   */
  run(options?: CollectionOptions): AsyncIterable<CollectionStep>;
}

export interface CollectionOptions {
  readonly signal?: AbortSignal;
}
