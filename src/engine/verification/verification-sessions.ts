import type { RunningRepositorySession, VerificationRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RepositorySessions } from '../repository-session/repository-sessions.ts';
import { requireBudget } from '../repository-session/require-budget.ts';
import { runVerification } from './run-verification.ts';
import { listVerification, verificationResults } from './verification-results.ts';

/** Begins verifications with a budget. */
export class VerificationSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #sessions: RepositorySessions;

  constructor(context: EngineContext, ledger: Ledger, sessions: RepositorySessions) {
    this.#context = context;
    this.#ledger = ledger;
    this.#sessions = sessions;
  }

  /**
   * @throws INVALID_ARGUMENT; REVISION_CONFLICT when another verification begins at the same moment
   */
  async start({ maxBytes, signal }: VerificationRequest): Promise<RunningRepositorySession> {
    requireBudget(maxBytes, 'read');
    const repository = await this.#context.repository();
    const { lastChecked } = await verificationResults(this.#ledger);
    const sessionId = this.#sessions.newId();
    await listVerification(this.#ledger, sessionId);
    const budget = { maxBytes, lastChecked };
    return await this.#sessions.start({
      ...{ sessionId, work: 'verification', repository, instanceId: null, signal },
      records: 'in-its-own-stream',
      perform: (session) => runVerification(this.#context, { repository, budget }, session),
    });
  }
}
