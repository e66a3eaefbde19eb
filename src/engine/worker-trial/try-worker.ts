import { hasErrorCode, isSnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, WorkerId } from '../../domain/identifiers.ts';
import { createEngineMailbox, type EngineMailbox } from '../../mailbox/engine-mailbox.ts';
import type { EngineDependencies } from '../engine-dependencies.ts';

/** Whether a worker that was launched for nothing else could do what comes before all work. */
export type WorkerTrial =
  | { readonly kind: 'worked' }
  /** It has ended, or said nothing for as long as a backup would wait; what is known of why. */
  | { readonly kind: 'failed'; readonly said: string };

type TrialParts = Pick<
  EngineDependencies,
  | 'cloud'
  | 'objectStore'
  | 'workerStore'
  | 'workerDevices'
  | 'format'
  | 'clock'
  | 'random'
  | 'limits'
>;

/** What workers of trials are owned by: no instance of a cloud is called so. */
const nobody = 'worker-trial' as InstanceId;
const secretBytes = 32;

/**
 * Launches a worker as backups do and waits for its hello: then it has booted, fetched its program, and
 * written to its mailbox. It gets no job. Worker and mailbox are removed whatever happens; when this process
 * is killed, the worker ends by itself after a quarter of an hour without a job.
 *
 * @throws what launching it throws, and the signal's reason
 */
export async function tryWorker(parts: TrialParts, signal: AbortSignal): Promise<WorkerTrial> {
  const { cloud, objectStore, clock, random, limits } = parts;
  const sessionId = random.uuid() as SessionId;
  const mailbox = createEngineMailbox({
    objectStore,
    random,
    clock,
    sessionId,
    attempt: 1,
    workerSecret: random.bytes(secretBytes),
    pollIntervalMs: limits.transferPollMaxMs,
  });
  try {
    const { workerId } = await cloud.workers.launch({
      owner: { sessionId, instanceId: nobody },
      clientToken: `${sessionId}-trial`,
      machine: { instanceType: null, market: 'on-demand' },
      userData: mailbox.userData({
        objectStore: parts.workerStore,
        format: parts.format.name,
        devices: parts.workerDevices,
        limits: {
          pollIntervalMs: limits.transferPollMaxMs,
          beatIntervalMs: limits.workerBeatIntervalMs,
        },
      }),
    });
    return await helloOf(parts, mailbox, workerId, signal);
  } finally {
    for (const { workerId } of await cloud.workers.find({ sessionId })) {
      await cloud.workers.terminate(workerId);
    }
    await mailbox.clear();
  }
}

async function helloOf(
  { cloud, clock, limits }: TrialParts,
  mailbox: EngineMailbox,
  workerId: WorkerId,
  signal: AbortSignal,
): Promise<WorkerTrial> {
  const endMs = clock.now() + limits.workerHelloTimeoutMs;
  for (;;) {
    signal.throwIfAborted();
    if (await hasSaidHello(mailbox)) return { kind: 'worked' };
    const worker = await cloud.workers.describe(workerId);
    if (worker === null || worker.state === 'gone') {
      // It may have said hello and ended since.
      if (await hasSaidHello(mailbox)) return { kind: 'worked' };
      const why = worker?.stateMessage ?? 'nothing is known of it any more';
      return { kind: 'failed', said: `worker ${workerId} ended before it said hello: ${why}` };
    }
    if (clock.now() >= endMs) {
      const waited = `${limits.workerHelloTimeoutMs / 1000} s`;
      return {
        kind: 'failed',
        said: `worker ${workerId} runs, and said no hello within ${waited}`,
      };
    }
    await clock.sleep(limits.transferPollMaxMs, signal);
  }
}

/** A store that does not answer for a moment says nothing of the worker. */
async function hasSaidHello(mailbox: EngineMailbox): Promise<boolean> {
  try {
    return (await mailbox.readHello()) !== null;
  } catch (error) {
    if (isSnapledgerError(error) && hasErrorCode(error, 'STORE_UNAVAILABLE')) return false;
    throw error;
  }
}
