import type { TransferredBlocks } from '../../domain/backup-session/backup-events.ts';

/** What this process reads of a session's snapshots; another engine begins with an empty one. */
export interface DirectReadSlot {
  current: DirectRead | null;
}

/**
 * One attempt to read what is planned, by this process: the same transfer that a worker runs, on
 * the snapshots instead of devices. Goes on reading ahead between two calls of `next`, as far as its
 * memory allows.
 */
export interface DirectRead {
  readonly attempt: number;
  /**
   * What is durable since the last call; null when everything is.
   *
   * @throws what the cloud, the repository or the format throw; the signal's reason
   */
  next(): Promise<TransferredBlocks | null>;
  /** Ends the reading, and resolves when nothing of it is under way any more. Idempotent. */
  close(): Promise<void>;
}
