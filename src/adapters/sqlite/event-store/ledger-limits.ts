/** How long SQLite itself waits for a lock, which blocks this thread; kept short for that reason. */
export const lockSliceMs = 100;

/** The pause between two such waits, in which the rest of the program runs. */
export const lockPauseMs = 50;

/** All waits for a lock together, before LEDGER_UNAVAILABLE. An append holds it for milliseconds. */
export const busyTimeoutDefaultMs = 10_000;

/** How often a subscription looks for events of other processes; those of its own come at once. */
export const pollIntervalDefaultMs = 250;

/** Events read in one go, and, of the global order, positions looked at in one go. */
export const pageEventsMax = 256;

/** Appends that become durable together, at most; each has 32 MiB of events at most. */
export const appendsPerCommitMax = 64;

/** Events of rare streams that are found by the index of streams instead of a scan of everything. */
export const rareEventsMax = 4_096;

/** Bytes of data after which a page ends early; the last event may go beyond. */
export const pageDataMaxBytes = 2 * 1024 * 1024;
