import type { JobPlace } from '../../../ports/job-place.ts';
import { batchEncoder, type EncodeJob, type EncoderSettings } from './encode-batch.ts';
import { makeEncoderKeysRoom } from './encoder-keys.ts';
import type { JobRunner } from './threads/job-runner.ts';
import { startJobRunner } from './threads/start-job-runner.ts';
import { threadScript } from './threads/thread-script.ts';
import { transferLimits } from './transfer-limits.ts';

/** What encodes, as a rule threads, and the memory through which they get their keys. */
export interface Encoders {
  readonly pool: JobRunner<EncodeJob, void>;
  /** For `shareEncoderKeys`, before the first job. */
  readonly keysRoom: SharedArrayBuffer;
}

/** The first threads are on their way; the others start as there is work for them. */
export function startEncoders(threadsMax: number, place: JobPlace): Encoders {
  const keysRoom = makeEncoderKeysRoom();
  const settings: EncoderSettings = { keys: keysRoom };
  const pool: JobRunner<EncodeJob, void> = startJobRunner(place, {
    purpose: 'encoder',
    script: threadScript('encode-thread', import.meta.url),
    workerData: settings,
    performer: () => batchEncoder(settings),
    threadsMax,
    jobsPerThread: transferLimits.jobsPerThread,
  });
  pool.warmUp(transferLimits.threadsAhead);
  return { pool, keysRoom };
}

/** Stops the threads, and erases their keys. */
export async function stopEncoders({ pool, keysRoom }: Encoders): Promise<void> {
  await pool.close();
  // After the threads have ended: one that still encodes must not do so under erased keys.
  new Uint8Array(keysRoom).fill(0);
}
