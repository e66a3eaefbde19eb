import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EngineId, InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { StartedPolicyRun } from '../../domain/policy-run/policy-run.ts';
import type { ListedSession, CataloguedFilter } from '../../ports/catalogue-store.ts';
import type { EnginePresence } from '../../ports/engine-presence.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { pageSessions, prefixHitsMax, unreadableToldMax } from '../catalogue/catalogue-limits.ts';
import { readDocument, type SessionDocument } from '../catalogue/session-document.ts';
import type { SessionSummary } from '../session-summary.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { Ledger, SensitiveReading } from '../ledger/ledger.ts';
import type { RunClaims } from '../policy-run/run-claims.ts';
import { sessionStream, streamPrefixes } from '../ledger/stream-names.ts';
import { findByPrefix } from './find-by-prefix.ts';
import { type AnySessionEvent, sessionCatalogue } from './session-reader.ts';
import { SessionFold, type StartedSession, summaryFacts } from './session-summary.ts';

/** A session as the catalogue has it. */
export interface DirectoryEntry extends ListedSession, SessionDocument {}

/** A session of which not every event can be read: a newer version wrote one, or it is damaged. */
export interface UnreadableSession {
  readonly sessionId: SessionId;
  readonly error: SnapledgerError;
}

export interface UnreadableSessions {
  /** At most the first 100, by their ids. */
  readonly sessions: readonly UnreadableSession[];
  /** Whether there are more than those. */
  readonly others: 'none' | 'some';
}

/** Which part of a list is wanted; default: all of it. */
export interface ListRange {
  /** Only sessions that began before this one. */
  readonly before?: SessionId;
  /** Only so many, the newest. */
  readonly last?: number;
}

export interface SessionDirectoryParts {
  readonly ledger: Ledger;
  readonly catalogue: Catalogue;
  readonly claims: InstanceClaims;
  readonly runClaims: RunClaims;
  readonly presence: EnginePresence;
}

/** Finds sessions: many by the catalogue, one by its stream. */
export class SessionDirectory {
  readonly #parts: SessionDirectoryParts;

  constructor(parts: SessionDirectoryParts) {
    this.#parts = parts;
  }

  /**
   * The sessions that a filter lets through, in the order in which they began.
   *
   * @throws UNKNOWN_SESSION for `before`, INVALID_ARGUMENT
   */
  async entries(
    filter: CataloguedFilter,
    range: ListRange = {},
  ): Promise<readonly DirectoryEntry[]> {
    const { before, last } = range;
    if (last !== undefined && !(Number.isSafeInteger(last) && last > 0)) {
      throw new SnapledgerError('INVALID_ARGUMENT', `${last} is no number of sessions`, {
        remedy: 'Give a whole number from 1.',
      });
    }
    return this.#parts.catalogue.ask(async (store) => {
      const bound = before === undefined ? null : await store.session(before);
      if (before !== undefined && bound === null) throw unknownSession(before);
      const newestFirst: ListedSession[] = [];
      let after = bound?.ordinal ?? null;
      let wanted = last ?? Infinity;
      for (;;) {
        const limit = Math.min(wanted, pageSessions);
        const page = await store.sessions(filter, { direction: 'backwards', after, limit });
        newestFirst.push(...page);
        wanted -= page.length;
        after = page.at(-1)?.ordinal ?? null;
        if (page.length < limit || wanted === 0) break;
      }
      return newestFirst.reverse().map((one) => ({ ...one, ...readDocument(one.document) }));
    });
  }

  async list(filter: CataloguedFilter, range?: ListRange): Promise<readonly SessionSummary[]> {
    const entries = await this.entries(filter, range);
    return Promise.all(entries.map((entry) => this.summaryOfEntry(entry)));
  }

  /** @param instanceId only those that may be of this instance */
  async unreadable(instanceId: InstanceId | null): Promise<UnreadableSessions> {
    const found = await this.#parts.catalogue.ask((store) =>
      store.unreadableSessions(streamPrefixes.session, instanceId, unreadableToldMax + 1),
    );
    const sessions: UnreadableSession[] = [];
    for (const sessionId of found.slice(0, unreadableToldMax)) {
      const error = await this.#whyUnreadable(sessionId);
      if (error !== null) sessions.push({ sessionId, error });
    }
    return { sessions, others: found.length > unreadableToldMax ? 'some' : 'none' };
  }

  async #whyUnreadable(sessionId: SessionId): Promise<SnapledgerError | null> {
    try {
      await this.#fold(sessionId, 'left');
      return null;
    } catch (error) {
      if (!hasErrorCode(error, ...unreadableCodes)) throw error;
      return error;
    }
  }

  async summaryOfEntry({ facts, engineId, heldBy }: DirectoryEntry): Promise<SessionSummary> {
    return { ...facts, condition: await this.#condition(facts, () => engineId ?? heldBy) };
  }

  /** @throws UNKNOWN_SESSION */
  async summaryOf(sessionId: SessionId): Promise<SessionSummary> {
    const state = await this.#fold(sessionId, 'left');
    const facts = summaryFacts(state);
    return { ...facts, condition: await this.#condition(facts, () => this.#engineOf(state)) };
  }

  /** All that its events say. @throws UNKNOWN_SESSION */
  stateOf(sessionId: SessionId): Promise<StartedSession> {
    return this.#fold(sessionId, 'opened');
  }

  async #fold(sessionId: SessionId, sensitive: SensitiveReading): Promise<StartedSession> {
    const fold = new SessionFold();
    const entries = this.#parts.ledger.entries<AnySessionEvent>(
      sessionStream(sessionId),
      sessionCatalogue,
      { sensitive },
    );
    for await (const { event } of entries) fold.apply(event);
    return fold.state ?? fail(unknownSession(sessionId));
  }

  /** @throws UNKNOWN_SESSION, AMBIGUOUS_ID, INVALID_ARGUMENT */
  async find(prefix: string): Promise<SessionId> {
    const ids = await this.#parts.catalogue.ask((store) => store.sessionIds(prefix, prefixHitsMax));
    return findByPrefix(prefix, ids, 'session') ?? fail(unknownSession(prefix));
  }

  async #condition(
    { status }: Pick<SessionSummary, 'status'>,
    engineOf: () => EngineId | null | Promise<EngineId | null>,
  ): Promise<SessionSummary['condition']> {
    if (status !== 'running') return 'ended';
    const engineId = await engineOf();
    const isAtWork = engineId !== null && (await this.#parts.presence.isPresent(engineId));
    return isAtWork ? 'at-work' : 'interrupted';
  }

  #engineOf(state: StartedSession): Promise<EngineId | null> {
    if ('engineId' in state) return Promise.resolve(state.engineId);
    return 'trigger' in state ? this.#engineOfRun(state) : this.#holderOf(state);
  }

  async #engineOfRun({ policy, sessionId }: StartedPolicyRun): Promise<EngineId | null> {
    const { claim } = (await this.#parts.runClaims.load(policy.policyId)).state;
    return claim?.sessionId === sessionId ? claim.engineId : null;
  }

  async #holderOf({ instanceId, sessionId }: StartedBackup): Promise<EngineId | null> {
    const { claim } = await this.#parts.claims.stateOf(instanceId);
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
