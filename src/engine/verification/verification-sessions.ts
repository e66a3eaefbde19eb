import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import { repositoryAggregate } from '../collection/repository-aggregate.ts';
import type { RunningRepositorySession, VerificationRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream, verificationsStream } from '../ledger/stream-names.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { runVerification } from './run-verification.ts';
import { verificationResults, verificationsAggregate } from './verification-results.ts';

/** Begins verifications with a budget. */
export class VerificationSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #runner: SessionRunner;

  constructor(context: EngineContext, ledger: Ledger, runner: SessionRunner) {
    this.#context = context;
    this.#ledger = ledger;
    this.#runner = runner;
  }

  /**
   * @throws INVALID_ARGUMENT; REVISION_CONFLICT when another verification begins at the same moment
   */
  async start({ maxBytes, signal: asked }: VerificationRequest): Promise<RunningRepositorySession> {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw new SnapledgerError('INVALID_ARGUMENT', `${maxBytes} bytes cannot be read`, {
        remedy: 'Give a whole number of bytes above 0.',
      });
    }
    const { random, clock, engineId } = this.#context;
    const repository = await this.#context.repository();
    const { lastChecked } = await verificationResults(this.#ledger);
    const sessionId = random.uuid() as SessionId;
    const repositoryId = repository.id;
    const listing = await this.#ledger.load(verificationsStream, verificationsAggregate);
    const listed = { type: 'VerificationListed', data: { sessionId } } as const;
    await this.#ledger.append(listing, [listed], sessionId, verificationsAggregate);
    const started: RepositorySessionEvent = {
      type: 'RepositorySessionStarted',
      data: {
        kind: 'repository',
        sessionId,
        repositoryId,
        work: 'verification',
        instanceId: null,
        engineId,
        startedAt: clock.now(),
      },
    };
    const fresh = await this.#ledger.load(sessionStream(sessionId), repositoryAggregate);
    const loaded = await this.#ledger.append(fresh, [started], started.type, repositoryAggregate);
    return this.#runner.run(sessionId, { repositoryId }, ({ onRecorded, closeSignal }) => {
      const signal = AbortSignal.any(asked === undefined ? [closeSignal] : [asked, closeSignal]);
      const budget = { maxBytes, lastChecked };
      const parts = { engine: this.#context, ledger: this.#ledger, repository };
      return runVerification({ ...parts, budget, signal, onRecorded }, loaded);
    });
  }
}
