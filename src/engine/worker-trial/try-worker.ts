import {
  hasErrorCode,
  isSnapledgerError,
  type SnapledgerError,
} from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, WorkerId } from '../../domain/identifiers.ts';
import { usualMachine } from '../../domain/policy/worker-policy.ts';
import { createEngineMailbox, type EngineMailbox } from '../../mailbox/engine-mailbox.ts';
import { mailboxPrefix } from '../../mailbox/mailbox-address.ts';
import type { EngineDependencies } from '../engine-dependencies.ts';

/** Whether a worker that was launched for nothing else could do what comes before all work. */
export type WorkerTrialOutcome =
  | { readonly kind: 'worked' }
  /** It has ended, or said nothing for as long as a backup would wait; what is known of why. */
  | { readonly kind: 'failed'; readonly said: string }
  | { readonly kind: 'not-launched'; readonly error: SnapledgerError }
  /** It was launched; what it did then could not be seen. */
  | { readonly kind: 'unseen'; readonly error: SnapledgerError }
  /** Nobody waits for it any more. */
  | { readonly kind: 'stopped' };

export interface WorkerTrial {
  readonly outcome: WorkerTrialOutcome;
  /** What of the trial could not be removed, and why; in words. */
  readonly leftOver: readonly string[];
}

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
 * written to its mailbox. It gets no job. Worker and mailbox are removed whatever happens, and what could not
 * be is told; when this process is killed, the worker ends by itself after a quarter of an hour without a job.
 *
 * @throws the signal's reason, when nothing is left over; otherwise that is told of a trial that was stopped
 */
export async function tryWorker(parts: TrialParts, signal: AbortSignal): Promise<WorkerTrial> {
  const { objectStore, clock, random, limits } = parts;
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
  const launched = await launch(parts, mailbox, sessionId);
  const workerId = isSnapledgerError(launched) ? null : launched;
  const outcome: WorkerTrialOutcome = isSnapledgerError(launched)
    ? { kind: 'not-launched', error: launched }
    : await outcomeOf(parts, mailbox, launched, signal);
  const leftOver = await removeTrial(parts, mailbox, { sessionId, workerId });
  if (outcome.kind === 'stopped' && leftOver.length === 0) signal.throwIfAborted();
  return { outcome, leftOver };
}

async function launch(
  { cloud, workerStore, format, workerDevices, limits }: TrialParts,
  mailbox: EngineMailbox,
  sessionId: SessionId,
): Promise<WorkerId | SnapledgerError> {
  try {
    const { workerId } = await cloud.workers.launch({
      owner: { sessionId, instanceId: nobody },
      clientToken: `${sessionId}-trial`,
      machine: usualMachine,
      userData: mailbox.userData({
        objectStore: workerStore,
        format: format.name,
        devices: workerDevices,
        limits: {
          pollIntervalMs: limits.transferPollMaxMs,
          beatIntervalMs: limits.workerBeatIntervalMs,
        },
      }),
    });
    return workerId;
  } catch (error) {
    if (!isSnapledgerError(error)) throw error;
    return error;
  }
}

async function outcomeOf(
  parts: TrialParts,
  mailbox: EngineMailbox,
  workerId: WorkerId,
  signal: AbortSignal,
): Promise<WorkerTrialOutcome> {
  try {
    return await helloOf(parts, mailbox, workerId, signal);
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' };
    if (isSnapledgerError(error)) return { kind: 'unseen', error };
    throw error;
  }
}

/** The worker first: one that lives may still write to its mailbox. */
async function removeTrial(
  { cloud }: TrialParts,
  mailbox: EngineMailbox,
  { sessionId, workerId }: { readonly sessionId: SessionId; readonly workerId: WorkerId | null },
): Promise<readonly string[]> {
  const left: string[] = [];
  const attempt = async (what: string, remove: () => Promise<void>): Promise<void> => {
    try {
      await remove();
    } catch (error) {
      if (!isSnapledgerError(error)) throw error;
      left.push(`${what}: ${error.message}`);
    }
  };
  const workerIds = new Set<WorkerId>();
  if (workerId !== null) workerIds.add(workerId);
  else {
    // A launch whose answer was lost may have made one.
    await attempt('whether a worker was launched cannot be seen', async () => {
      for (const found of await cloud.workers.find({ sessionId })) workerIds.add(found.workerId);
    });
  }
  for (const one of workerIds) {
    await attempt(`worker ${one} may still run`, () => cloud.workers.terminate(one));
  }
  await attempt(`the mailbox ${mailboxPrefix({ sessionId, attempt: 1 })} is left`, () =>
    mailbox.clear(),
  );
  return left;
}

async function helloOf(
  { cloud, clock, limits }: TrialParts,
  mailbox: EngineMailbox,
  workerId: WorkerId,
  signal: AbortSignal,
): Promise<WorkerTrialOutcome> {
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
