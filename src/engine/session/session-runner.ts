import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { Running, SessionSummary } from '../engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
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
  readonly #closing = new AbortController();
  readonly #atWork = new Set<Promise<SessionSummary>>();

  constructor(ledger: Ledger, directory: SessionDirectory) {
    this.#ledger = ledger;
    this.#directory = directory;
  }

  /** Lets `work` run and gives the session, with what it is of, to whoever asked for it. */
  run<Subject extends object>(
    sessionId: SessionId,
    subject: Subject,
    work: (session: SessionWork) => Promise<unknown>,
  ): Running & Subject {
    const feed = new SessionFeed();
    const onRecorded = (): void => {
      feed.notify();
    };
    const ended = this.#ended(
      sessionId,
      feed,
      work({ onRecorded, closeSignal: this.#closing.signal }),
    );
    this.#atWork.add(ended);
    // Whoever started the session hears of a failure by `ended`; nobody else has to listen.
    ended.catch(() => undefined).finally(() => this.#atWork.delete(ended));
    return {
      ...subject,
      sessionId,
      ended,
      events: () => followSession(this.#ledger, sessionId, feed),
    };
  }

  /** Stops all work after the step under way, and waits for that. */
  async close(): Promise<void> {
    this.#closing.abort(new SnapledgerError('INTERRUPTED', 'the engine was closed'));
    await Promise.allSettled(this.#atWork);
  }

  async #ended(
    sessionId: SessionId,
    feed: SessionFeed,
    work: Promise<unknown>,
  ): Promise<SessionSummary> {
    try {
      await work;
      return await this.#directory.summaryOf(sessionId);
    } finally {
      feed.end();
    }
  }
}
