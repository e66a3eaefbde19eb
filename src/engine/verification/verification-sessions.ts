import type { RunningRepositorySession, VerificationRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { PointRecords } from '../point/missing-points.ts';
import type { RepositorySessions } from '../repository-session/repository-sessions.ts';
import { requireBudget } from '../repository-session/require-budget.ts';
import { runVerification } from './run-verification.ts';
import { listVerification, verificationResults } from './verification-results.ts';

/** Begins verifications with a budget. */
export class VerificationSessions {
  readonly #context: EngineContext;
  readonly #records: PointRecords;
  readonly #sessions: RepositorySessions;

  constructor(context: EngineContext, records: PointRecords, sessions: RepositorySessions) {
    this.#context = context;
    this.#records = records;
    this.#sessions = sessions;
  }

  /**
   * @throws INVALID_ARGUMENT; REVISION_CONFLICT when another verification begins at the same moment
   */
  async start({ maxBytes, signal }: VerificationRequest): Promise<RunningRepositorySession> {
    requireBudget(maxBytes, 'read');
    const repository = await this.#context.repository();
    const records = this.#records;
    const { lastChecked } = await verificationResults(records.ledger);
    const sessionId = this.#sessions.newId();
    await listVerification(records.ledger, sessionId);
    const budget = { maxBytes, lastChecked };
    return await this.#sessions.start({
      ...{ sessionId, work: 'verification', repository, instanceId: null, signal },
      records: 'in-its-own-stream',
      perform: (session) =>
        runVerification(this.#context, { records, repository, budget }, session),
    });
  }
}
