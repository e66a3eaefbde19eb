/** Does synchronous work, job after job. */
export interface JobRunner<Job, Reply> {
  /** Gets ready for so many jobs at once, ahead of the first, while that is still being prepared. */
  warmUp(jobsAtOnce: number): void;
  /**
   * Resolves when the job is done. The caller bounds how many jobs wait.
   *
   * @throws WORKER_FAILED when what does the jobs ended by itself; CANCELLED after `close`
   */
  run(job: Job): Promise<Reply>;
  /** Stops, and rejects the jobs not done. */
  close(): Promise<void>;
}
