import { assert } from '../../domain/errors/assert.ts';
import type { EngineId, InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import {
  isWholeRestore,
  type RestoreSession,
  type StartedRestore,
} from '../../domain/restore-session/restore-session.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { RestoreRequest, RunningSession } from '../engine.ts';
import type {
  ConfirmationPlan,
  ConfirmRestoreRequest,
  UndoRestoreRequest,
} from '../engine-requests.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { PointRecords } from '../point/missing-points.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { SessionsAtWork } from '../session/sessions-at-work.ts';
import { confirmRestore, planConfirmation, requireKept } from './confirm-steps.ts';
import { exchangeVolumes } from './exchange-steps.ts';
import { exchangesOf } from './plan-original-restore.ts';
import { type PlannedRestore, planRestore } from './plan-restore.ts';
import { type ExchangedRestore, planUndo, requireExchanged } from './plan-undo.ts';
import { removeLeftovers, removeRestored, type RestoreRegion } from './remove-restored.ts';
import { accountOfSource } from './snapshot-source.ts';
import { accountIn } from '../cloud-account.ts';
import { requireAlone } from './require-alone.ts';
import { restoreAggregate } from './restore-aggregate.ts';
import { exchangeAlone } from './restore-original.ts';
import { endOfWhole, runRestore } from './run-restore.ts';

const abandoned =
  'the engine that restored has died. Restore again: to the same place, that also removes the ' +
  'image that was left unfinished';

const unconfirmed =
  'the engine that removed what a restore had kept has died. Confirm that restore again: what is ' +
  'left of it goes then';

const removed =
  'the engine that restored has died; what it had made in the cloud is removed. Restore again';

export interface RestoreSessionsParts {
  readonly context: EngineContext;
  readonly records: PointRecords;
  readonly directory: SessionDirectory;
  readonly claims: InstanceClaims;
  readonly runner: SessionRunner;
}

/** Begins restores, and ends those whose engine died. */
export class RestoreSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #records: PointRecords;
  readonly #directory: SessionDirectory;
  readonly #claims: InstanceClaims;
  readonly #runner: SessionRunner;
  readonly #atWork = new SessionsAtWork();

  constructor({ context, records, directory, claims, runner }: RestoreSessionsParts) {
    this.#context = context;
    this.#ledger = records.ledger;
    this.#records = records;
    this.#directory = directory;
    this.#claims = claims;
    this.#runner = runner;
  }

  /**
   * @throws UNKNOWN_POINT, POINT_MISSING, UNKNOWN_ITEM, ITEM_BEING_REMOVED, UNKNOWN_VOLUME, TARGET_EXISTS;
   *   INVALID_ARGUMENT where no volumes are made; for the original place UNKNOWN_INSTANCE, INSTANCE_RUNNING,
   *   INSTANCE_BUSY
   */
  async start(request: RestoreRequest): Promise<RunningSession> {
    const engine = this.#context;
    const records = this.#records;
    const sessionId = engine.random.uuid() as SessionId;
    const requireAlone = (owner: ResourceOwner): Promise<void> => this.#requireAlone(owner);
    const planned = await planRestore({ engine, records, sessionId, requireAlone }, request);
    return this.#begin(sessionId, planned, request);
  }

  /** @throws UNKNOWN_SESSION, UNKNOWN_INSTANCE, INSTANCE_RUNNING, INSTANCE_BUSY, INVALID_ARGUMENT */
  async undo({
    sessionId: undone,
    running,
    ...request
  }: UndoRestoreRequest): Promise<RunningSession> {
    const engine = this.#context;
    const exchanges = exchangesOf(engine);
    const restore = requireExchanged(await this.#directory.stateOf(undone));
    const { instanceId, source, volumeIds } = restore;
    const sessionId = engine.random.uuid() as SessionId;
    const owner = { sessionId, instanceId };
    const requireAlone = (): Promise<void> => this.#requireAlone(owner);
    await requireAlone();
    const exchange = await planUndo(exchanges, restore, running);
    const planned: PlannedRestore = {
      instanceId,
      source,
      volumeIds,
      region: null,
      steps: (options) => exchangeAlone({ exchanges, owner, requireAlone }, exchange, options),
    };
    return this.#begin(sessionId, planned, request);
  }

  /** @throws UNKNOWN_SESSION, INVALID_ARGUMENT */
  async planConfirmation(sessionId: SessionId): Promise<ConfirmationPlan> {
    const restore = requireExchanged(await this.#directory.stateOf(sessionId));
    return planConfirmation(exchangesOf(this.#context), restore);
  }

  /** @throws UNKNOWN_SESSION, INVALID_ARGUMENT when there is nothing that could be removed */
  async confirm({
    sessionId: confirmed,
    ...request
  }: ConfirmRestoreRequest): Promise<RunningSession> {
    const exchanges = exchangesOf(this.#context);
    const restore = requireExchanged(await this.#directory.stateOf(confirmed));
    const plan = await planConfirmation(exchanges, restore);
    requireKept(plan);
    const { instanceId, source, volumeIds } = restore;
    const planned: PlannedRestore = {
      instanceId,
      source,
      volumeIds,
      region: null,
      steps: (options) => confirmRestore(exchanges, restore, plan, options),
    };
    return this.#begin(this.#context.random.uuid() as SessionId, planned, request);
  }

  async #begin(
    sessionId: SessionId,
    { instanceId, source, volumeIds, region, steps }: PlannedRestore,
    { signal: asked, onProgress }: Pick<RestoreRequest, 'signal' | 'onProgress'>,
  ): Promise<RunningSession> {
    const ledger = this.#ledger;
    const { clock, engineId } = this.#context;
    return this.#atWork.during(sessionId, async () => {
      const startedAt = clock.now();
      const started: RestoreSessionEvent = {
        type: 'RestoreStarted',
        data: { kind: 'restore', sessionId, instanceId, source, engineId, volumeIds, startedAt },
      };
      const fresh = await ledger.load(sessionStream(sessionId), restoreAggregate);
      const loaded = await ledger.append(fresh, [started], started.type, restoreAggregate);
      const options = onProgress === undefined ? {} : { onProgress };
      return this.#run(sessionId, instanceId, asked, loaded, {
        region,
        steps: ({ signal }) => steps({ signal, ...options }),
      });
    });
  }

  #run(
    sessionId: SessionId,
    instanceId: InstanceId,
    asked: AbortSignal | undefined,
    loaded: Loaded<RestoreSession>,
    { region, steps }: Pick<PlannedRestore, 'region' | 'steps'>,
  ): RunningSession {
    const engine = this.#context;
    const ledger = this.#ledger;
    return this.#runner.run(sessionId, { instanceId }, async ({ onRecorded, closeSignal }) => {
      const signals = asked === undefined ? [closeSignal] : [asked, closeSignal];
      const signal = AbortSignal.any(signals);
      try {
        const run = { engine, ledger, steps: steps({ signal }), region, signal, onRecorded };
        await runRestore(run, loaded);
      } finally {
        this.#atWork.over(sessionId);
      }
    });
  }

  #requireAlone(owner: ResourceOwner): Promise<void> {
    return requireAlone(this.#directory, this.#claims, owner);
  }

  /**
   * Records the end of a restore whose engine died. It wrote to a place that only that engine
   * knew, so nobody can go on with it; one of which every volume is recorded lacks only its end. An exchange of
   * volumes is gone on with: nothing is left between what was and what is to be.
   *
   * @returns a session that goes on; null: there is none
   */
  async resume(
    {
      sessionId,
      engineId,
    }: {
      readonly sessionId: SessionId;
      readonly engineId: EngineId;
    },
    asked: AbortSignal | undefined,
  ): Promise<RunningSession | null> {
    const { presence, engineId: own } = this.#context;
    if (this.#atWork.has(sessionId)) return null;
    if (engineId !== own && (await presence.isPresent(engineId))) return null;
    const loaded = await this.#ledger.load(sessionStream(sessionId), restoreAggregate);
    // Its engine may have ended it, and left, since the restore was looked at.
    if (loaded.state.status !== 'running') return null;
    const { exchange } = loaded.state;
    if (exchange !== null) return this.#goOn(loaded, { ...loaded.state, exchange }, asked);
    const region = await this.#regionOf(loaded.state);
    const event = isWholeRestore(loaded.state)
      ? await this.#completed(loaded.state, region)
      : await this.#interrupted(loaded.state, region);
    await this.#ledger.append(loaded, [event], event.type, restoreAggregate);
    return null;
  }

  /** The first event is the fence: another engine that goes on with it can record nothing more. */
  #goOn(
    loaded: Loaded<RestoreSession>,
    { sessionId, instanceId, exchange, ...state }: ExchangedRestore,
    asked: AbortSignal | undefined,
  ): Promise<RunningSession> {
    const engine = this.#context;
    const ledger = this.#ledger;
    const work = { exchanges: exchangesOf(engine), owner: { sessionId, instanceId } };
    const of = { instanceId, ...state };
    const taken: RestoreSessionEvent = {
      type: 'RestoreTakenOver',
      data: { engineId: engine.engineId },
    };
    return this.#atWork.during(sessionId, async () => {
      const own = await ledger.append(loaded, [taken], taken.type, restoreAggregate);
      const region = await this.#regionOf(of);
      return this.#run(sessionId, instanceId, asked, own, {
        region,
        steps: ({ signal }) => exchangeVolumes(work, exchange, signal),
      });
    });
  }

  async #regionOf({
    instanceId,
    source,
    makes,
  }: Pick<StartedRestore, 'instanceId' | 'source' | 'makes'>): Promise<RestoreRegion | null> {
    if (makes.kind === 'images') return null;
    const role = await accountOfSource(this.#ledger, instanceId, source);
    const { volumeRestores: restores } = accountIn(this.#context.cloud, role);
    assert(restores !== null, 'what makes something in a cloud is resumed where that cloud is');
    return { restores, region: makes.region };
  }

  async #completed(
    state: StartedRestore,
    region: RestoreRegion | null,
  ): Promise<RestoreSessionEvent> {
    if (region !== null) await removeLeftovers(this.#context, region, state);
    return endOfWhole(state, [], this.#context.clock.now());
  }

  async #interrupted(
    state: StartedRestore,
    region: RestoreRegion | null,
  ): Promise<RestoreSessionEvent> {
    if (region !== null) await removeRestored(this.#context, region, state);
    const message = region === null ? abandoned : removed;
    const problem = {
      code: 'INTERRUPTED',
      message: state.confirmation === null ? message : unconfirmed,
    } as const;
    return { type: 'RestoreFailed', data: { problem, endedAt: this.#context.clock.now() } };
  }
}
