import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';
import { beatKey, beatMessage } from './beat.ts';
import { encodeHello } from './hello.ts';
import { createKeyPair } from './key-agreement.ts';
import { mailboxObjectKey, type MailboxAddress } from './mailbox-address.ts';
import { mailboxLimits } from './mailbox-limits.ts';
import { mailboxRejected } from './mailbox-rejected.ts';
import { createPatientStore } from './patient-store.ts';
import { pollUntil } from './poll-until.ts';
import { readMessage } from './read-message.ts';
import { unsealJob } from './sealed-job.ts';
import { sealOutcome } from './sealed-outcome.ts';
import type { WorkerJob } from './worker-job.ts';
import type { WorkerOutcome } from './worker-outcome.ts';

export interface WorkerMailboxOptions extends MailboxAddress {
  readonly objectStore: ObjectStore;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly workerSecret: Uint8Array;
  /** The longest wait between two looks of `awaitJob`. */
  readonly pollIntervalMs: number;
}

/** `closed`: the engine has cleared the mailbox; nobody waits for this worker any more. */
export type MailboxState = 'open' | 'closed';

/**
 * The worker's side of a mailbox. Its key pair exists only in this process: a program that is
 * started again cannot go on with its predecessor's mailbox.
 */
export interface WorkerMailbox {
  /** @throws MAILBOX_REJECTED when somebody has said hello here already, STORE_UNAVAILABLE */
  sayHello(): Promise<void>;

  /** @throws TIMED_OUT, MAILBOX_REJECTED, the signal's reason */
  awaitJob(signal: AbortSignal, timeoutMs: number): Promise<WorkerJob>;

  /** Posts the next heartbeat and removes the one before. @throws MAILBOX_REJECTED, STORE_UNAVAILABLE */
  beat(): Promise<MailboxState>;

  /** @throws MAILBOX_REJECTED when another outcome lies there, STORE_UNAVAILABLE */
  postDone(outcome: WorkerOutcome): Promise<MailboxState>;

  /** Takes back the hello and the last beat, for a worker that nobody gave a job. */
  withdraw(): Promise<void>;
}

export function createWorkerMailbox(options: WorkerMailboxOptions): WorkerMailbox {
  const { objectStore, random, clock, workerSecret, pollIntervalMs } = options;
  const address: MailboxAddress = { sessionId: options.sessionId, attempt: options.attempt };
  const credentials = { address, workerSecret };
  const keys = {
    hello: mailboxObjectKey(address, 'hello'),
    job: mailboxObjectKey(address, 'job'),
    done: mailboxObjectKey(address, 'done'),
  };
  const keyPair = createKeyPair(random);
  const hello = encodeHello(credentials, keyPair.publicKey);
  const store = createPatientStore({ objectStore, clock, random });
  let beats = 0;

  /** Creates an object, and takes it back when the mailbox turns out to be closed. */
  const post = async (key: ObjectKey, message: Uint8Array): Promise<MailboxState> => {
    if ((await store.create(key, message)) === 'taken') {
      throw mailboxRejected(key, 'somebody else has posted it');
    }
    if (await store.exists(keys.hello)) return 'open';
    await store.delete(key);
    return 'closed';
  };

  return {
    sayHello: async () => {
      if ((await store.create(keys.hello, hello)) === 'taken') {
        throw mailboxRejected(keys.hello, 'another worker has said hello here');
      }
    },

    awaitJob: async (signal, timeoutMs) => {
      const message = await pollUntil(
        () => readMessage(objectStore, keys.job, mailboxLimits.jobMaxBytes),
        {
          clock,
          signal,
          timeoutMs,
          pollIntervalMs,
          timedOut: (cause) =>
            new SnapledgerError('TIMED_OUT', `no job came within ${timeoutMs} ms`, {
              retry: 'retryable',
              cause,
              remedy: 'See why the engine has left its session, and let it go on.',
            }),
        },
      );
      return unsealJob(credentials, keyPair, message);
    },

    beat: async () => {
      if (beats >= mailboxLimits.beatMax) {
        throw new SnapledgerError('LIMIT_EXCEEDED', 'the worker has no more numbers for its beats');
      }
      // Taken before it is posted: a number whose outcome is unknown is not used again.
      beats += 1;
      const state = await post(beatKey(address, beats), beatMessage);
      if (beats > 1) await store.delete(beatKey(address, beats - 1));
      return state;
    },

    postDone: (outcome) =>
      post(keys.done, sealOutcome(credentials, { message: hello }, outcome, random)),

    withdraw: async () => {
      await store.delete(keys.hello);
      if (beats > 0) await store.delete(beatKey(address, beats));
    },
  };
}
