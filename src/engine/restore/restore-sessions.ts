import { assert } from '../../domain/errors/assert.ts';
import type { EngineId, SessionId } from '../../domain/identifiers.ts';
import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import {
  isWholeRestore,
  type StartedRestore,
} from '../../domain/restore-session/restore-session.ts';
import type { RestoreRequest, RunningSession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { planRestore } from './plan-restore.ts';
import { removeLeftovers, removeRestored, type RestoreRegion } from './remove-restored.ts';
import { restoreAggregate } from './restore-aggregate.ts';
import { endOfWhole, runRestore } from './run-restore.ts';

const abandoned =
  'the engine that restored has died. Restore again: to the same place, that also removes the ' +
  'image that was left unfinished';

const removed =
  'the engine that restored has died; what it had made in the cloud is removed. Restore again';

/** Begins restores, and ends those whose engine died. */
export class RestoreSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #runner: SessionRunner;

  constructor(context: EngineContext, ledger: Ledger, runner: SessionRunner) {
    this.#context = context;
    this.#ledger = ledger;
    this.#runner = runner;
  }

  /**
   * @throws UNKNOWN_POINT, UNKNOWN_ITEM, ITEM_BEING_REMOVED, UNKNOWN_VOLUME, TARGET_EXISTS;
   *   INVALID_ARGUMENT where no volumes are made
   */
  async start(request: RestoreRequest): Promise<RunningSession> {
    const { random, clock, engineId } = this.#context;
    const sessionId = random.uuid() as SessionId;
    const engine = this.#context;
    const ledger = this.#ledger;
    const planned = await planRestore({ engine, ledger, sessionId }, request);
    const { instanceId, source, volumeIds, region } = planned;

    const startedAt = clock.now();
    const started: RestoreSessionEvent = {
      type: 'RestoreStarted',
      data: { kind: 'restore', sessionId, instanceId, source, engineId, volumeIds, startedAt },
    };
    const fresh = await ledger.load(sessionStream(sessionId), restoreAggregate);
    const loaded = await ledger.append(fresh, [started], started.type, restoreAggregate);
    return this.#runner.run(sessionId, { instanceId }, ({ onRecorded, closeSignal }) => {
      const { onProgress } = request;
      const signals = request.signal === undefined ? [closeSignal] : [request.signal, closeSignal];
      const signal = AbortSignal.any(signals);
      const steps = planned.steps(onProgress === undefined ? { signal } : { signal, onProgress });
      return runRestore({ engine, ledger, steps, region, signal, onRecorded }, loaded);
    });
  }

  /**
   * Records the end of a restore whose engine died. It wrote to a place that only that engine
   * knew, so nobody can go on with it; one of which every volume is recorded lacks only its end.
   */
  async endInterrupted({
    sessionId,
    engineId,
  }: {
    readonly sessionId: SessionId;
    readonly engineId: EngineId;
  }): Promise<void> {
    if (await this.#context.presence.isPresent(engineId)) return;
    const loaded = await this.#ledger.load(sessionStream(sessionId), restoreAggregate);
    // Its engine may have ended it, and left, since the restore was looked at.
    if (loaded.state.status !== 'running') return;
    const region = this.#regionOf(loaded.state);
    const event = isWholeRestore(loaded.state)
      ? await this.#completed(loaded.state, region)
      : await this.#interrupted(loaded.state, region);
    await this.#ledger.append(loaded, [event], event.type, restoreAggregate);
  }

  #regionOf({ makes }: StartedRestore): RestoreRegion | null {
    if (makes.kind === 'images') return null;
    const { volumeRestores: restores } = this.#context.cloud;
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
    const problem = { code: 'INTERRUPTED', message } as const;
    return { type: 'RestoreFailed', data: { problem, endedAt: this.#context.clock.now() } };
  }
}
