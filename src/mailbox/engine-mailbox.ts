import { hasErrorCode, SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';
import { beatOfKey, beatPrefix } from './beat.ts';
import { decodeHello, helloLengthBytes, type Hello } from './hello.ts';
import { mailboxObjectKey, mailboxPrefix, type MailboxAddress } from './mailbox-address.ts';
import { mailboxLimits } from './mailbox-limits.ts';
import { mailboxRejected } from './mailbox-rejected.ts';
import { pollUntil } from './poll-until.ts';
import { readMessage } from './read-message.ts';
import { sealJob } from './sealed-job.ts';
import { unsealOutcome } from './sealed-outcome.ts';
import { encodeUserData, type UserData } from './user-data.ts';
import type { WorkerJob } from './worker-job.ts';
import type { WorkerOutcome } from './worker-outcome.ts';

export interface EngineMailboxOptions extends MailboxAddress {
  readonly objectStore: ObjectStore;
  readonly random: RandomSource;
  readonly clock: Clock;
  /** What `Repository.deriveWorkerSecret` gave for this session and attempt. */
  readonly workerSecret: Uint8Array;
  /** The longest wait between two looks of `awaitHello`. */
  readonly pollIntervalMs: number;
}

/**
 * The engine's side of a mailbox. Keeps nothing that another engine of the same session could not
 * find again: each call can be made by whichever engine holds the session.
 *
 * Besides the errors named below each call may reject with STORE_UNAVAILABLE (retryable), and then
 * can be made again.
 */
export interface EngineMailbox {
  /** What the worker must be started with. @throws LIMIT_EXCEEDED */
  userData(options: Omit<UserData, keyof MailboxAddress | 'workerSecret'>): Uint8Array;

  /** The worker's hello, or null as long as there is none. @throws MAILBOX_REJECTED for a false one. */
  readHello(): Promise<Hello | null>;

  /** Waits for the hello. @throws TIMED_OUT (retryable), MAILBOX_REJECTED, the signal's reason */
  awaitHello(signal: AbortSignal, timeoutMs: number): Promise<Hello>;

  /**
   * Seals the job to the worker that said hello. Fine when a job is there already: an engine that
   * went on with the session may not know that its predecessor had come so far.
   *
   * @throws MAILBOX_REJECTED when the hello is missing or false, LIMIT_EXCEEDED
   */
  postJob(job: WorkerJob): Promise<void>;

  /** The number of the worker's last heartbeat, or null before the first. @throws MAILBOX_REJECTED */
  latestBeat(): Promise<number | null>;

  /** How the worker's job ended, or null as long as it has not. @throws MAILBOX_REJECTED */
  readDone(): Promise<WorkerOutcome | null>;

  /**
   * Removes everything in the mailbox, which also tells a worker that still runs to stop.
   * Idempotent.
   */
  clear(): Promise<void>;
}

export function createEngineMailbox(options: EngineMailboxOptions): EngineMailbox {
  const { objectStore, random, clock, workerSecret, pollIntervalMs } = options;
  const address: MailboxAddress = { sessionId: options.sessionId, attempt: options.attempt };
  const credentials = { address, workerSecret };
  const keys = {
    hello: mailboxObjectKey(address, 'hello'),
    job: mailboxObjectKey(address, 'job'),
    done: mailboxObjectKey(address, 'done'),
  };
  // Once accepted it is not read again: who replaces the object later changes nothing.
  let accepted: Hello | null = null;

  const readHello = async (): Promise<Hello | null> => {
    if (accepted !== null) return accepted;
    const message = await readMessage(objectStore, keys.hello, helloLengthBytes);
    if (message === null) return null;
    accepted = decodeHello(credentials, message);
    return accepted;
  };

  const knownHello = async (needed: string): Promise<Hello> => {
    const hello = await readHello();
    if (hello === null) throw mailboxRejected(keys.hello, `it is gone, and ${needed} needs it`);
    return hello;
  };

  return {
    userData: (rest) => encodeUserData({ ...rest, ...address, workerSecret }),

    readHello,

    awaitHello: (signal, timeoutMs) =>
      pollUntil(readHello, {
        clock,
        signal,
        timeoutMs,
        pollIntervalMs,
        timedOut: (cause) =>
          new SnapledgerError(
            'TIMED_OUT',
            `the worker of session ${address.sessionId}, attempt ${address.attempt}, did not say hello within ${timeoutMs} ms`,
            {
              retry: 'retryable',
              cause,
              remedy: 'See the log of the worker, and whether it can reach the repository.',
            },
          ),
      }),

    postJob: async (job) => {
      const sealed = sealJob(credentials, await knownHello('the job'), job, random);
      try {
        await objectStore.create(keys.job, sealed);
      } catch (error) {
        if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
      }
    },

    latestBeat: async () => {
      let latest: number | null = null;
      let listed = 0;
      for await (const { key } of objectStore.list(beatPrefix(address))) {
        latest = beatOfKey(address, key);
        listed += 1;
        if (listed > mailboxLimits.beatsListedMax) {
          throw mailboxRejected(beatPrefix(address), `more beats than a worker leaves lie there`);
        }
      }
      return latest;
    },

    readDone: async () => {
      const message = await readMessage(objectStore, keys.done, mailboxLimits.outcomeMaxBytes);
      if (message === null) return null;
      return unsealOutcome(credentials, await knownHello('the outcome'), message);
    },

    clear: async () => {
      // The hello first: a worker that still runs looks for it after each of its writes, and takes
      // back what it wrote when the hello is gone.
      await objectStore.delete(keys.hello);
      for await (const { key } of objectStore.list(mailboxPrefix(address))) {
        await objectStore.delete(key);
      }
      accepted = null;
    },
  };
}
