import type { JobPlace } from '../../../../ports/job-place.ts';
import { CallerRunner } from './caller-runner.ts';
import type { JobRunner } from './job-runner.ts';
import { ThreadPool, type ThreadPoolOptions } from './thread-pool.ts';

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
