import type { EngineMailbox } from '../../mailbox/engine-mailbox.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';

/**
 * What this process has seen of the present worker of a session: enough to notice that it fell
 * silent. Nothing here has to survive the process; an engine that goes on with the session gives
 * the worker its full patience anew.
 */
export interface WorkerWatch {
  current: WatchedWorker | null;
}

export interface WatchedWorker {
  readonly attempt: number;
  readonly mailbox: EngineMailbox;
  jobPosted: boolean;
  latestBeat: number | null;
  /** When something was last heard of it. */
  heardAt: TimestampMs;
  /** When it got its job, or last made something durable. */
  advancedAt: TimestampMs;
  /** When progress was last recorded as an event. */
  recordedAt: TimestampMs;
  pollDelayMs: number;
}
