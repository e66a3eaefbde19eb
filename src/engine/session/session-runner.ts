import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { Running, SealOutcome, SessionSummary } from '../engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { problemOf } from '../problem-of.ts';
import type { SessionSeals } from '../seal/session-seals.ts';
import type { SessionSubject } from '../seal/streams-to-seal.ts';
import type { SessionDirectory } from './session-directory.ts';
import { SessionFeed } from './session-feed.ts';
import { followSession } from './session-reader.ts';

/** What a session's work is told. */
export interface SessionWork {
  /** To be called after each append. */
  readonly onRecorded: () => void;
  /** Aborts when the engine closes. */
  readonly closeSignal: AbortSignal;
}

/** Keeps track of the sessions that this engine works on. */
export class SessionRunner {
  readonly #ledger: Ledger;
  readonly #directory: SessionDirectory;
  readonly #seals: SessionSeals;
  readonly #closing = new AbortController();
  readonly #atWork = new Set<Promise<SessionSummary>>();

  constructor(ledger: Ledger, directory: SessionDirectory, seals: SessionSeals) {
    this.#ledger = ledger;
    this.#directory = directory;
    this.#seals = seals;
  }

  /** Lets `work` run and gives the session, with what it is of, to whoever asked for it. */
  run<Subject extends SessionSubject>(
    sessionId: SessionId,
    subject: Subject,
    work: (session: SessionWork) => Promise<unknown>,
  ): Running & Subject {
    const feed = new SessionFeed();
    const onRecorded = (): void => {
      feed.notify();
    };
    const worked = work({ onRecorded, closeSignal: this.#closing.signal });
    const sealed = this.#sealed(sessionId, subject, worked);
    const ended = this.#ended(sessionId, feed, worked, sealed);
    this.#atWork.add(ended);
    // Whoever started the session hears of a failure by `ended`; nobody else has to listen.
    ended.catch(() => undefined).finally(() => this.#atWork.delete(ended));
    return {
      ...subject,
      sessionId,
      ended,
      sealed,
      events: () => followSession(this.#ledger, sessionId, feed),
    };
  }

  /** Stops all work after the step under way, and waits for that. */
  async close(): Promise<void> {
    this.#closing.abort(new SnapledgerError('INTERRUPTED', 'the engine was closed'));
    await Promise.allSettled(this.#atWork);
  }

  async #sealed(
    sessionId: SessionId,
    subject: SessionSubject,
    work: Promise<unknown>,
  ): Promise<SealOutcome> {
    try {
      await work;
    } catch (error) {
      // It has not ended here: whoever brings it to its end seals it.
      return { kind: 'unsealed', problem: problemOf(error) };
    }
    return this.#seals.afterSession(sessionId, subject);
  }

  async #ended(
    sessionId: SessionId,
    feed: SessionFeed,
    work: Promise<unknown>,
    sealed: Promise<SealOutcome>,
  ): Promise<SessionSummary> {
    try {
      await work;
      await sealed;
      return await this.#directory.summaryOf(sessionId);
    } finally {
      feed.end();
    }
  }
}
