import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import type { StartedRestore } from '../../domain/restore-session/restore-session.ts';
import type { VolumeRestores } from '../../ports/cloud/volume-restores.ts';
import type { EngineId, SessionId } from '../../domain/identifiers.ts';
import type { RestoreRequest, RunningSession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { PointManifest } from '../../format/restore-point.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { chooseVolumes } from './choose-volumes.ts';
import { restoreAggregate } from './restore-aggregate.ts';
import { removeLeftovers, removeRestored } from './remove-restored.ts';
import { endOfWhole, type RestoreTarget, runRestore } from './run-restore.ts';

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

  /** @throws UNKNOWN_POINT, UNKNOWN_VOLUME, TARGET_EXISTS; INVALID_ARGUMENT where no volumes are made */
  async start(request: RestoreRequest): Promise<RunningSession> {
    const { random, clock, engineId } = this.#context;
    const { pointId } = request;
    const repository = await this.#context.repository();
    const reader = await repository.openPoint(pointId);
    const volumes = chooseVolumes(reader.manifest, request.volumeIds);
    const sessionId = random.uuid() as SessionId;
    const { instanceId, configuration } = reader.manifest;
    const target = this.#targetOf(request.target, { sessionId, instanceId }, configuration);
    await target.images.check(volumes);

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
      const run = { engine: this.#context, ledger: this.#ledger, reader, volumes, target };
      return runRestore({ ...run, request, signal, onRecorded }, loaded);
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
    const { volumeRestores } = this.#context.cloud;
    const restores = loaded.state.makes === 'cloud-volumes' ? volumeRestores : null;
    const event = isWhole(loaded.state)
      ? await this.#completed(loaded.state, restores)
      : await this.#interrupted(loaded.state, restores);
    await this.#ledger.append(loaded, [event], event.type, restoreAggregate);
  }

  async #completed(
    state: StartedRestore,
    restores: VolumeRestores | null,
  ): Promise<RestoreSessionEvent> {
    if (restores !== null) await removeLeftovers(this.#context, restores, state);
    return endOfWhole(state, this.#context.clock.now());
  }

  async #interrupted(
    state: StartedRestore,
    restores: VolumeRestores | null,
  ): Promise<RestoreSessionEvent> {
    if (restores !== null) await removeRestored(this.#context, restores, state);
    const message = restores === null ? abandoned : removed;
    const problem = { code: 'INTERRUPTED', message } as const;
    return { type: 'RestoreFailed', data: { problem, endedAt: this.#context.clock.now() } };
  }

  #targetOf(
    target: RestoreRequest['target'],
    owner: ResourceOwner,
    configuration: PointManifest['configuration'],
  ): RestoreTarget {
    if (!('kind' in target)) return { kind: 'images', images: target };
    const { region, volumeRestores: restores } = this.#context.cloud;
    if (restores === null) {
      throw new SnapledgerError('INVALID_ARGUMENT', 'this cloud makes no volumes of points', {
        remedy: "Restore to images ('--to FOLDER').",
      });
    }
    const { availabilityZone, volumeType, keyId, unencrypted = 'refuse' } = target;
    const place = { region, availabilityZone, volumeType, keyId };
    const images = restores.target(owner, place, { configuration, unencrypted });
    return { kind: 'cloud-volumes', images, place, restores };
  }
}

function isWhole({ volumeIds, restored }: StartedRestore): boolean {
  return volumeIds.every((id) => restored.some(({ volumeId }) => volumeId === id));
}
