/** How much is read before its rows are put in. */
export interface BatchLimits {
  readonly eventsMax: number;
  /** What a batch holds in memory is the states of its streams. */
  readonly streamsMax: number;
}

/**
 * Eight times as many events take a tenth less time for their rows, and hold the states of a thousand
 * sessions more in memory.
 */
export const batchLimits: BatchLimits = { eventsMax: 4_096, streamsMax: 4_096 };

/** Streams that are kept folded between two batches; one that is not is read again. */
export const foldsMax = 4_096;

/**
 * Beginnings anew, for one question, because what is stored cannot be used: a damaged file is replaced, and
 * a new one may find no room, after which the store does without.
 */
export const beginningsMax = 2;

/** Beginnings anew because another process was faster, in one catch-up; each of them got ahead. */
export const overtakenMax = 1_000;

/** Sessions that one page of a list is read by. */
export const pageSessions = 500;

/** Ids that begin as a given prefix; more are not counted. */
export const prefixHitsMax = 1_000;

/** Streams that cannot be read of which one list tells: each of them is read to say what is wrong with it. */
export const unreadableToldMax = 100;
