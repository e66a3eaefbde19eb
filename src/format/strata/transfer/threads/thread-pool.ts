import { Worker } from 'node:worker_threads';
import { assert } from '../../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import { compileCacheOnly } from '../../../../ports/compile-cache-folder.ts';
import type { JobRunner } from './job-runner.ts';

export interface ThreadPoolOptions {
  /** What the threads do, for messages: `encoder`. */
  readonly purpose: string;
  /** The program of a thread; it calls `serveJobs`. */
  readonly script: URL;
  readonly workerData: unknown;
  readonly threadsMax: number;
  /** Jobs that a thread is given ahead, the one it works on included. */
  readonly jobsPerThread: number;
}

/**
 * What a thread may use for small objects, in MiB; blocks are not among them. A thread that wants
 * more has a defect, and must not take the memory of the machine first.
 */
const threadHeapMaxMebibytes = 96;
/** Of these, what was made last. By default V8 lets it grow to 48 MiB before it looks what is still needed. */
const threadYoungHeapMaxMebibytes = 2;

interface Job<Message, Reply> {
  readonly message: Message;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread<Message, Reply> {
  readonly worker: Worker;
  /** Given and not yet answered; a thread answers in order. */
  readonly jobs: Job<Message, Reply>[];
}

/**
 * Threads that do synchronous work on shared memory. Besides those that `warmUp` starts, a thread is started only
 * when all others have a job, because starting one costs as much as encoding some tens of blocks.
 *
 * Whatever ends one thread fails the pool: its jobs, and every later one, are rejected.
 */
export class ThreadPool<Message, Reply> implements JobRunner<Message, Reply> {
  readonly #options: ThreadPoolOptions;
  readonly #threads: Thread<Message, Reply>[] = [];
  readonly #waiting: Job<Message, Reply>[] = [];
  #failure: SnapledgerError | undefined;

  constructor(options: ThreadPoolOptions) {
    assert(options.threadsMax >= 1, 'a pool has at least one thread');
    this.#options = options;
  }

  get threadCount(): number {
    return this.#threads.length;
  }

  /**
   * Starts threads ahead of their first jobs, while those are still being prepared.
   *
   * @throws what keeps one of them from being started; the pool is closed then, as nobody may have it yet who could
   */
  warmUp(threadCount: number): void {
    if (this.#failure !== undefined) return;
    const wanted = Math.min(threadCount, this.#options.threadsMax);
    try {
      while (this.#threads.length < wanted) this.#start();
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  /**
   * Resolves when a thread has done the job. The caller bounds how many jobs wait.
   *
   * @throws WORKER_FAILED when a thread ended by itself; CANCELLED after `close`.
   */
  run(message: Message): Promise<Reply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#dispatch();
    });
  }

  /** Stops all threads, in the middle of a job if need be, and rejects the jobs not done. */
  async close(): Promise<void> {
    this.#fail(
      new SnapledgerError('CANCELLED', `the ${this.#options.purpose} threads were stopped`),
    );
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const thread = this.#threadWithRoom();
      if (thread === undefined) return;
      this.#waiting.shift();
      thread.jobs.push(job);
      thread.worker.postMessage(job.message);
    }
  }

  #threadWithRoom(): Thread<Message, Reply> | undefined {
    let idlest: Thread<Message, Reply> | undefined;
    for (const thread of this.#threads) {
      if (idlest === undefined || thread.jobs.length < idlest.jobs.length) idlest = thread;
    }
    if (idlest?.jobs.length === 0) return idlest;
    if (this.#threads.length < this.#options.threadsMax) return this.#start();
    return idlest !== undefined && idlest.jobs.length < this.#options.jobsPerThread
      ? idlest
      : undefined;
  }

  #start(): Thread<Message, Reply> {
    const { script, workerData, purpose } = this.#options;
    const worker = new Worker(script, {
      ...{ workerData, name: purpose, argv: [], env: compileCacheOnly() },
      resourceLimits: {
        maxOldGenerationSizeMb: threadHeapMaxMebibytes,
        maxYoungGenerationSizeMb: threadYoungHeapMaxMebibytes,
      },
    });
    const thread: Thread<Message, Reply> = { worker, jobs: [] };
    worker.on('message', (reply: Reply) => {
      thread.jobs.shift()?.resolve(reply);
      this.#dispatch();
    });
    worker.on('error', (error) => {
      this.#fail(this.#threadLost(error));
    });
    worker.on('exit', (code) => {
      this.#fail(this.#threadLost(new Error(`the thread exited with code ${code}`)));
    });
    this.#threads.push(thread);
    return thread;
  }

  #threadLost(cause: unknown): SnapledgerError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SnapledgerError(
      'WORKER_FAILED',
      `one of the ${this.#options.purpose} threads ended unexpectedly: ${reason}`,
      {
        cause,
        retry: 'retryable',
        remedy: 'Run it again; if it happens again check that the machine has enough memory.',
      },
    );
  }

  #fail(error: SnapledgerError): void {
    this.#failure ??= error;
    const jobs = [
      ...this.#threads.flatMap((thread) => thread.jobs.splice(0)),
      ...this.#waiting.splice(0),
    ];
    for (const job of jobs) job.reject(this.#failure);
  }
}
