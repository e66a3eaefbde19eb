/**
 * Keeps checkpoints of the ledger where who can change the repository cannot reach: what was
 * handed to a witness can no longer be taken back unnoticed.
 */
export interface CheckpointWitness {
  /**
   * Takes a signed checkpoint. To be repeated when it fails; the same one may come twice. Ends
   * within a bounded time.
   *
   * @throws WITNESS_FAILED
   */
  publish(checkpoint: string): Promise<void>;

  /** What it was given and can show, in any order; none for a witness that only takes. */
  published(): AsyncIterable<string>;
}
