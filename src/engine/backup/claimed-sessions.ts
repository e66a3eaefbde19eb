import { itemsToAdopt } from '../../domain/adoption/items-to-adopt.ts';
import type { AdoptedItems } from '../../domain/backup-session/adoption-events.ts';
import type { BackupCommand } from '../../domain/backup-session/backup-commands.ts';
import { decideBackup } from '../../domain/backup-session/decide-backup.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { Claim } from '../../domain/instance/instance-state.ts';
import type { RunningSession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { loadRecords } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import { requireNoExchange } from '../restore/require-alone.ts';
import type { RetentionSettingsBook } from '../settings/retention-settings-book.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { SessionsAtWork } from '../session/sessions-at-work.ts';
import { backupAggregate } from './backup-aggregate.ts';
import { type BackupRun, runBackup } from './run-backup.ts';
import { SnapshotWaiters } from './snapshot-waiters.ts';

/** A signal that never aborts, for requests that bring none. */
const never = new AbortController().signal;

/** For a session that is only ended. */
const unwatched = { closeSignal: never, onRecorded: () => undefined } as const;

/** What a session is begun with. */
export type SessionPlan = Omit<Extract<BackupCommand, { type: 'StartSession' }>, 'type' | 'now'>;

/** What a session that adopts is begun with. */
export type AdoptionPlan = Omit<
  Extract<BackupCommand, { type: 'AdoptItems' }>,
  'type' | 'items' | 'now'
>;

/** A session that has recorded these. */
export interface BegunAdoption {
  readonly session: RunningSession;
  readonly items: AdoptedItems;
}

/** What whoever began a session has to say to it while it runs. */
export interface SessionWishes extends Pick<BackupRun, 'onProgress'> {
  readonly signal: AbortSignal;
}

/** A session that has begun and not ended, and that held no instance when it was looked at. */
export interface UnclaimedSession {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
}

/**
 * The sessions of instances that this engine holds, from their claim to their end; and those that
 * it takes over because their engine died.
 */
export class ClaimedSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #directory: SessionDirectory;
  readonly #claims: InstanceClaims;
  readonly #runner: SessionRunner;
  readonly #settings: RetentionSettingsBook;
  readonly #waiters: SnapshotWaiters;
  readonly #atWork = new SessionsAtWork();

  constructor(
    context: EngineContext,
    ledger: Ledger,
    directory: SessionDirectory,
    claims: InstanceClaims,
    settings: RetentionSettingsBook,
    runner: SessionRunner,
  ) {
    this.#context = context;
    this.#ledger = ledger;
    this.#directory = directory;
    this.#claims = claims;
    this.#runner = runner;
    this.#settings = settings;
    this.#waiters = new SnapshotWaiters(context);
  }

  /**
   * Begins a session that `claim` has the instance for, and lets it run.
   *
   * @throws INSTANCE_BUSY and whatever else `claim` throws
   */
  begin(
    plan: SessionPlan,
    wishes: SessionWishes,
    claim: () => Promise<void>,
  ): Promise<RunningSession> {
    const { sessionId, instanceId } = plan;
    return this.#atWork.during(sessionId, async () => {
      await claim();
      if (plan.scope !== 'retention-only') await this.#requireNoExchange(instanceId, sessionId);
      const fresh = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
      const now = this.#context.clock.now();
      const events = decideBackup({ ...plan, type: 'StartSession', now }, fresh.state);
      await this.#ledger.append(fresh, events, 'StartSession', backupAggregate);
      return this.#run(sessionId, instanceId, wishes);
    });
  }

  /**
   * Has an instance take into the ledger what of `found` it still does not have once `claim` has it: a session
   * that is over when it has begun. Null when there is nothing left to be adopted.
   *
   * @throws INSTANCE_BUSY and whatever else `claim` throws
   */
  adopt(
    plan: AdoptionPlan,
    found: AdoptedItems,
    signal: AbortSignal,
    claim: () => Promise<void>,
  ): Promise<BegunAdoption | null> {
    const { sessionId, instanceId } = plan;
    return this.#atWork.during(sessionId, async () => {
      await claim();
      const items = itemsToAdopt(found, await loadRecords(this.#ledger, instanceId));
      if (items.sets.length + items.replicas.length === 0) {
        await this.#claims.release(instanceId, sessionId);
        return null;
      }
      const fresh = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
      const now = this.#context.clock.now();
      const events = decideBackup({ ...plan, type: 'AdoptItems', items, now }, fresh.state);
      await this.#ledger.append(fresh, events, 'AdoptItems', backupAggregate);
      return { items, session: this.#run(sessionId, instanceId, { signal }) };
    });
  }

  /**
   * Takes over the open session of an instance if its engine is dead, or goes on with one of this
   * engine that had to stop; null when there is none.
   */
  async resume(
    instanceId: InstanceId,
    signal: AbortSignal = never,
  ): Promise<RunningSession | null> {
    const { claim } = await this.#claims.stateOf(instanceId);
    if (claim === null || this.#atWork.has(claim.sessionId)) return null;
    const { sessionId } = claim;
    return this.#atWork.during(sessionId, async () => {
      if (!(await this.#makeOwn(instanceId, claim))) return null;
      const { state } = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
      if (state.status === 'not-started') {
        // Its engine died between the claim and the first event: nothing was done.
        await this.#claims.release(instanceId, sessionId);
        return null;
      }
      return this.#run(sessionId, instanceId, { signal });
    });
  }

  /**
   * Ends a session that was given up before its first event was recorded: its engine was slow, and
   * was taken for dead meanwhile. Nothing was done for it.
   */
  async endUnclaimed({ sessionId, instanceId }: UnclaimedSession): Promise<void> {
    // Looked at after the session was: whoever works on one had claimed it before it began.
    const { claim } = await this.#claims.stateOf(instanceId);
    if (claim?.sessionId === sessionId) return;
    const loaded = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
    if (loaded.state.status !== 'running') return;
    const reason = new SnapledgerError('CANCELLED', 'its engine was taken for dead as it began', {
      remedy: `Run 'snapledger backup ${instanceId}' again.`,
    });
    const cancelSignal = AbortSignal.abort(reason);
    await runBackup({ ...this.#parts(), ...unwatched, cancelSignal }, loaded);
  }

  /**
   * To be asked after the session was loaded, before anything is done. If the claim is still ours,
   * whoever takes the session over does so after this, and the first of its events is the fence:
   * our next append fails. Without this a slow engine that was taken for dead would load what
   * its successor had written, and go on beside it; or begin a session whose instance was released
   * because no event of it had been seen.
   *
   * @throws SESSION_FENCED
   */
  async #expectClaim(instanceId: InstanceId, sessionId: SessionId): Promise<void> {
    const { claim } = await this.#claims.stateOf(instanceId);
    const isOurs = claim?.sessionId === sessionId && claim.engineId === this.#context.engineId;
    if (isOurs) return;
    throw new SnapledgerError(
      'SESSION_FENCED',
      `this engine was taken for dead, and session ${sessionId} of instance '${instanceId}' is no longer its own`,
      { remedy: 'Nothing: another engine brings it to its end.' },
    );
  }

  /**
   * Where the cloud exchanges no volumes nobody need be asked, and a list of restores that cannot be had keeps no
   * backup from beginning.
   *
   * @throws INSTANCE_BUSY, and the instance is free again
   */
  async #requireNoExchange(instanceId: InstanceId, sessionId: SessionId): Promise<void> {
    if (this.#context.cloud.volumeExchanges === null) return;
    try {
      await requireNoExchange(this.#directory, instanceId, null);
    } catch (error) {
      await this.#claims.release(instanceId, sessionId);
      throw error;
    }
  }

  #parts(): Pick<BackupRun, 'engine' | 'ledger' | 'directory' | 'claims' | 'settings' | 'waiters'> {
    return {
      engine: this.#context,
      ledger: this.#ledger,
      directory: this.#directory,
      claims: this.#claims,
      settings: this.#settings,
      waiters: this.#waiters,
    };
  }

  /** False while another engine works on it. */
  async #makeOwn(instanceId: InstanceId, claim: Claim): Promise<boolean> {
    const { engineId, presence } = this.#context;
    if (claim.engineId === engineId) return true;
    if (await presence.isPresent(claim.engineId)) return false;
    try {
      await this.#claims.takeOver(instanceId, claim);
      return true;
    } catch (error) {
      // Another engine that found it dead was faster.
      if (hasErrorCode(error, 'SESSION_FENCED')) return false;
      throw error;
    }
  }

  #run(
    sessionId: SessionId,
    instanceId: InstanceId,
    { signal: cancelSignal, ...wishes }: SessionWishes,
  ): RunningSession {
    return this.#runner.run(sessionId, { instanceId }, async (work) => {
      try {
        const loaded = await this.#ledger.load(sessionStream(sessionId), backupAggregate);
        await this.#expectClaim(instanceId, sessionId);
        await runBackup({ ...this.#parts(), ...work, ...wishes, cancelSignal }, loaded);
        await this.#claims.release(instanceId, sessionId);
      } finally {
        this.#atWork.over(sessionId);
      }
    });
  }
}
