import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ThreadPool } from '../../../../../src/format/strata/transfer/threads/thread-pool.ts';
import { threadScript } from '../../../../../src/format/strata/transfer/threads/thread-script.ts';
import type { TrialJob } from './trial-thread.ts';

function openPool(threadsMax: number, workerData: unknown = null): ThreadPool<TrialJob, number> {
  return new ThreadPool<TrialJob, number>({
    purpose: 'trial',
    script: threadScript('trial-thread', import.meta.url),
    workerData,
    threadsMax,
    jobsPerThread: 2,
  });
}

describe('a thread pool', () => {
  it('answers every job with its own reply', async () => {
    const pool = openPool(3);
    const values = Array.from({ length: 200 }, (_, value) => value);
    const replies = await Promise.all(values.map((value) => pool.run({ kind: 'double', value })));
    await pool.close();
    assert.deepEqual(
      replies,
      values.map((value) => value * 2),
    );
  });

  it('starts no thread before there is a job, and no second one for jobs one by one', async () => {
    const pool = openPool(4);
    assert.equal(pool.threadCount, 0);
    for (let value = 0; value < 5; value += 1) await pool.run({ kind: 'double', value });
    assert.equal(pool.threadCount, 1);
    await Promise.all([1, 2, 3].map((value) => pool.run({ kind: 'double', value })));
    assert.equal(pool.threadCount, 3);
    await pool.close();
  });

  it('has the threads that it was warmed up with before there is a job, but not more than it may', async () => {
    const pool = openPool(3);
    pool.warmUp(2);
    assert.equal(pool.threadCount, 2);
    pool.warmUp(2);
    assert.equal(pool.threadCount, 2);
    const jobs = [1, 2].map((value) => pool.run({ kind: 'double', value }));
    assert.equal(pool.threadCount, 2);
    assert.deepEqual(await Promise.all(jobs), [2, 4]);
    pool.warmUp(9);
    assert.equal(pool.threadCount, 3);
    await pool.close();
    const closed = openPool(3);
    await closed.close();
    closed.warmUp(2);
    assert.equal(closed.threadCount, 0);
  });

  it('is closed when not all of those can be started: else the test would not end', async () => {
    let started = 0;
    const pool = openPool(2, {
      get given() {
        started += 1;
        if (started === 2) throw new Error('there is no memory for a second thread');
        return null;
      },
    });
    assert.throws(() => {
      pool.warmUp(2);
    }, /no memory for a second thread/);
    assert.equal(pool.threadCount, 1);
    await assert.rejects(pool.run({ kind: 'double', value: 1 }), { code: 'CANCELLED' });
  });

  for (const kind of ['throw', 'exit'] as const) {
    it(`rejects all jobs with a clear error when a thread ends by itself (${kind})`, async () => {
      const pool = openPool(2);
      const outcomes = await Promise.allSettled([
        pool.run({ kind: 'spin' }),
        pool.run({ kind }),
        pool.run({ kind: 'double', value: 1 }),
      ]);
      const late = await Promise.allSettled([pool.run({ kind: 'double', value: 2 })]);
      await pool.close();
      for (const outcome of [...outcomes, ...late]) {
        assert.equal(outcome.status, 'rejected');
        const { code, message } = outcome.reason as { code: string; message: string };
        assert.equal(code, 'WORKER_FAILED');
        assert.match(message, /^one of the trial threads ended unexpectedly: ./);
      }
    });
  }

  it('stops threads in the middle of a job', async () => {
    const pool = openPool(1);
    const rejected = assert.rejects(pool.run({ kind: 'spin' }), { code: 'CANCELLED' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await pool.close();
    await rejected;
    await assert.rejects(pool.run({ kind: 'double', value: 1 }), { code: 'CANCELLED' });
  });
});
