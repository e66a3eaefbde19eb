import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { StreamName } from '../../ports/event-store.ts';
import { isRepositoryWork } from '../../domain/repository-session/repository-work.ts';
import type { SealOutcome } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import { problemOf } from '../problem-of.ts';
import { withRetries } from '../retry/with-retries.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { SummaryFacts } from '../session/session-summary.ts';
import { logKeysOf } from '../transparency-log/log-keys.ts';
import { streamSegment } from '../transparency-log/log-objects.ts';
import { LogWriter, type SealedSoFar, type StreamToSeal } from '../transparency-log/log-writer.ts';
import { SealQueue } from './seal-queue.ts';
import {
  sessionLengths,
  type SessionSubject,
  sessionToSeal,
  standingStreams,
  streamsBeside,
} from './streams-to-seal.ts';

/**
 * Seals sessions that have ended into the log of the repository. Sealing that fails never harms a
 * session: it is said, and the next one makes up for it when it can.
 */
export class SessionSeals {
  readonly #context: EngineContext;
  readonly #directory: SessionDirectory;
  #queue: Promise<SealQueue> | null = null;
  /** The sealing of everything that ended before: once, however many sessions end meanwhile. */
  #past: Promise<void> | null = null;
  /** Sessions of this engine whose sealing failed. */
  readonly #owed = new Map<SessionId, StreamToSeal>();

  constructor(context: EngineContext, directory: SessionDirectory) {
    this.#context = context;
    this.#directory = directory;
  }

  /** To be called when a session has ended. Never rejects. */
  async afterSession(sessionId: SessionId, about: SessionSubject): Promise<SealOutcome> {
    const owed = sessionToSeal(sessionId, about);
    this.#owed.set(sessionId, owed);
    const standing = streamsBeside(about).map((stream) => ({ stream, subject: stream }));
    return this.#attempt(async (queue) => {
      await (this.#past ??= this.#sealPast(queue));
      return [...this.#owed.values(), ...standing];
    });
  }

  /** Seals every session that has ended, and what instances and policies have. Never rejects. */
  catchUp(): Promise<SealOutcome> {
    return this.#attempt(async (queue) => {
      const lengths = await sessionLengths(this.#context.eventStore);
      return this.#lacking(
        queue,
        ({ nextRevisions }, stream) =>
          (nextRevisions.get(streamSegment(stream)) ?? 0) < (lengths.get(stream) ?? 0),
      );
    });
  }

  async #attempt(
    streamsToSeal: (queue: SealQueue) => Promise<readonly StreamToSeal[]>,
  ): Promise<SealOutcome> {
    const owed = [...this.#owed.keys()];
    try {
      const { limits, clock, random } = this.#context;
      const retry = { policy: limits.retry, clock, random };
      // First: without a repository there is no use in looking for what it lacks.
      const queue = await (this.#queue ??= this.#open());
      const streams = await withRetries(() => streamsToSeal(queue), retry);
      const checkpoint = await withRetries(() => queue.seal(streams), retry);
      for (const sessionId of owed) this.#owed.delete(sessionId);
      return { kind: 'sealed', checkpoint, problems: await this.#witnessed(checkpoint) };
    } catch (error) {
      return { kind: 'unsealed', problem: problemOf(error) };
    }
  }

  async #sealPast(queue: SealQueue): Promise<void> {
    try {
      // Whoever wrote the last entry may have died between it and the rest of its last stream.
      const streams = await this.#lacking(
        queue,
        ({ nextRevisions, inLastEntry }, stream) =>
          inLastEntry.has(stream) || !nextRevisions.has(streamSegment(stream)),
      );
      await queue.seal(streams);
    } catch (error) {
      // Whoever comes next tries again.
      this.#past = null;
      throw error;
    }
  }

  async #lacking(
    queue: SealQueue,
    mayLack: (sealed: SealedSoFar, stream: StreamName) => boolean,
  ): Promise<readonly StreamToSeal[]> {
    const { eventStore } = this.#context;
    const sealed = await queue.sealedStreams();
    const ended = (await this.#directory.entries({})).filter(({ status }) => status !== 'running');
    const sessions = ended.map(({ facts }) => toSeal(facts));
    return [
      ...sessions.filter(({ stream }) => mayLack(sealed, stream)),
      ...(await standingStreams(eventStore)),
    ];
  }

  async #open(): Promise<SealQueue> {
    try {
      const { objectStore, eventStore, random } = this.#context;
      const keys = await logKeysOf(await this.#context.repository());
      return new SealQueue(new LogWriter({ objectStore, eventStore, random, keys }));
    } catch (error) {
      // The next session tries again.
      this.#queue = null;
      throw error;
    }
  }

  /** A witness that fails gets the next checkpoint, which covers this one. */
  async #witnessed(checkpoint: string | null): Promise<readonly Problem[]> {
    if (checkpoint === null) return [];
    const problems: Problem[] = [];
    for (const witness of this.#context.witnesses ?? []) {
      try {
        await witness.publish(checkpoint);
      } catch (error) {
        problems.push(problemOf(error));
      }
    }
    return problems;
  }
}

function toSeal({ kind, instanceId, policyId, sessionId }: SummaryFacts): StreamToSeal {
  if (!isRepositoryWork(kind)) {
    if (instanceId !== null) return sessionToSeal(sessionId, { instanceId });
    if (policyId !== null) return sessionToSeal(sessionId, { policyId });
  }
  // Of the repository, also when it is for one instance: its own subject, see `subjectStream`.
  const stream = sessionStream(sessionId);
  return { stream, subject: stream };
}
