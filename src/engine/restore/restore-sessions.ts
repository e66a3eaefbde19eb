import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import type { EngineId, SessionId } from '../../domain/identifiers.ts';
import type { RestoreRequest, RunningSession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { chooseVolumes } from './choose-volumes.ts';
import { restoreAggregate } from './restore-aggregate.ts';
import { runRestore } from './run-restore.ts';

const abandoned =
  'the engine that restored has died. Restore again: to the same place, that also removes the ' +
  'image that was left unfinished';

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

  /** @throws UNKNOWN_POINT, UNKNOWN_VOLUME, TARGET_EXISTS */
  async start(request: RestoreRequest): Promise<RunningSession> {
    const { random, clock, engineId } = this.#context;
    const { pointId, target } = request;
    const repository = await this.#context.repository();
    const reader = await repository.openPoint(pointId);
    const volumes = chooseVolumes(reader.manifest, request.volumeIds);
    await target.check(volumes);

    const sessionId = random.uuid() as SessionId;
    const { instanceId } = reader.manifest;
    const volumeIds = volumes.map(({ volumeId }) => volumeId);
    const startedAt = clock.now();
    const started: RestoreSessionEvent = {
      type: 'RestoreStarted',
      data: { kind: 'restore', sessionId, instanceId, pointId, engineId, volumeIds, startedAt },
    };
    const fresh = await this.#ledger.load(sessionStream(sessionId), restoreAggregate);
    const loaded = await this.#ledger.append(fresh, [started], started.type, restoreAggregate);
    return this.#runner.run(sessionId, { instanceId }, ({ onRecorded, closeSignal }) => {
      const signals = request.signal === undefined ? [closeSignal] : [request.signal, closeSignal];
      const signal = AbortSignal.any(signals);
      const run = { engine: this.#context, ledger: this.#ledger, reader, volumes };
      return runRestore({ ...run, request, signal, onRecorded }, loaded);
    });
  }

  /**
   * Records the end of a restore whose engine died: it wrote to a place that only that engine
   * knew, so nobody can go on with it.
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
    const event: RestoreSessionEvent = {
      type: 'RestoreFailed',
      data: {
        problem: { code: 'INTERRUPTED', message: abandoned },
        endedAt: this.#context.clock.now(),
      },
    };
    await this.#ledger.append(loaded, [event], event.type, restoreAggregate);
  }
}
