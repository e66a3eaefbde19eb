import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EngineId, InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { StartedPolicyRun } from '../../domain/policy-run/policy-run.ts';
import type { EnginePresence } from '../../ports/engine-presence.ts';
import type { SessionSummary } from '../engine.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunClaims } from '../policy-run/run-claims.ts';
import { sessionStream, streamPrefixes } from '../ledger/stream-names.ts';
import { findByPrefix } from './find-by-prefix.ts';
import { type AnySessionEvent, sessionCatalogue } from './session-reader.ts';
import { SessionFold, type StartedSession, summarise } from './session-summary.ts';

/** Finds sessions in the ledger. */
export class SessionDirectory {
  readonly #ledger: Ledger;
  readonly #claims: InstanceClaims;
  readonly #runClaims: RunClaims;
  readonly #presence: EnginePresence;

  constructor(
    ledger: Ledger,
    claims: InstanceClaims,
    runClaims: RunClaims,
    presence: EnginePresence,
  ) {
    this.#ledger = ledger;
    this.#claims = claims;
    this.#runClaims = runClaims;
    this.#presence = presence;
  }

  /** All sessions as they are now, in the order in which they began. */
  async states(): Promise<readonly StartedSession[]> {
    const folds = new Map<string, SessionFold>();
    const entries = this.#ledger.entriesOfAll<AnySessionEvent>(
      streamPrefixes.session,
      sessionCatalogue,
    );
    for await (const { event, record } of entries) {
      let fold = folds.get(record.stream);
      if (fold === undefined) folds.set(record.stream, (fold = new SessionFold()));
      fold.apply(event);
    }
    return [...folds.values()].flatMap(({ state }) => state ?? []);
  }

  async list(instanceId: InstanceId | null): Promise<readonly SessionSummary[]> {
    const states = await this.states();
    const wanted = states.filter(
      (state) => instanceId === null || ('instanceId' in state && state.instanceId === instanceId),
    );
    return Promise.all(wanted.map((state) => this.summary(state)));
  }

  summary(state: StartedSession): Promise<SessionSummary> {
    return summarise(state, async () => {
      const engineId = await this.#engineOf(state);
      return engineId !== null && (await this.#presence.isPresent(engineId));
    });
  }

  /** @throws UNKNOWN_SESSION */
  async summaryOf(sessionId: SessionId): Promise<SessionSummary> {
    const fold = new SessionFold();
    const stream = sessionStream(sessionId);
    for await (const { event } of this.#ledger.entries<AnySessionEvent>(stream, sessionCatalogue)) {
      fold.apply(event);
    }
    if (fold.state === null) throw unknownSession(sessionId);
    return this.summary(fold.state);
  }

  /** @throws UNKNOWN_SESSION, AMBIGUOUS_ID */
  async find(prefix: string): Promise<SessionId> {
    const ids = (await this.states()).map(({ sessionId }) => sessionId);
    return findByPrefix(prefix, ids, 'session') ?? fail(unknownSession(prefix));
  }

  #engineOf(state: StartedSession): Promise<EngineId | null> {
    if ('engineId' in state) return Promise.resolve(state.engineId);
    return 'trigger' in state ? this.#engineOfRun(state) : this.#holderOf(state);
  }

  async #engineOfRun({ policy, sessionId }: StartedPolicyRun): Promise<EngineId | null> {
    const { claim } = (await this.#runClaims.load(policy.policyId)).state;
    return claim?.sessionId === sessionId ? claim.engineId : null;
  }

  async #holderOf({ instanceId, sessionId }: StartedBackup): Promise<EngineId | null> {
    const { claim } = await this.#claims.stateOf(instanceId);
    return claim?.sessionId === sessionId ? claim.engineId : null;
  }
}

function unknownSession(id: string): SnapledgerError {
  return new SnapledgerError('UNKNOWN_SESSION', `there is no session '${id}'`, {
    remedy: `'snapledger sessions' lists them.`,
  });
}

function fail(error: SnapledgerError): never {
  throw error;
}
