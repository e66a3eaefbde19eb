/**
 * Keeps checkpoints of the ledger where who can change the repository cannot reach: what was
 * handed to a witness can no longer be taken back unnoticed.
 */
export interface CheckpointWitness {
  /** What it keeps them in, in words; null for a witness that only takes. */
  readonly keptIn: string | null;

  /**
   * Takes a signed checkpoint. To be repeated when it fails; the same one may come twice. Ends
   * within a bounded time.
   *
   * @throws WITNESS_FAILED
   */
  publish(checkpoint: string): Promise<void>;

  /**
   * What it was given and can show, in any order; none for a witness that only takes. What it holds besides
   * comes too, so that whoever compares can tell.
   */
  published(): AsyncIterable<PublishedCheckpoint>;
}

export interface PublishedCheckpoint {
  /** As it was given, if nobody changed it. */
  readonly note: string;
  /** Where it is, in words: `line 3 of '/backups/checkpoints'`. */
  readonly place: string;
}
