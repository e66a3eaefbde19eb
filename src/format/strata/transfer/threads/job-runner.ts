import type { JobPlace } from '../../../../ports/job-place.ts';
import { CallerRunner } from './caller-runner.ts';
import { ThreadPool, type ThreadPoolOptions } from './thread-pool.ts';

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

export interface JobRunnerOptions<Job, Reply> extends ThreadPoolOptions {
  /** Makes what the program of a thread performs. */
  readonly performer: () => (job: Job) => Reply;
}

export function startJobRunner<Job, Reply>(
  place: JobPlace,
  { performer, ...threads }: JobRunnerOptions<Job, Reply>,
): JobRunner<Job, Reply> {
  return place === 'threads'
    ? new ThreadPool<Job, Reply>(threads)
    : new CallerRunner(threads.purpose, performer);
}
