import { assert } from '../../domain/errors/assert.ts';
import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type {
  RestoredVolume,
  RestoreSessionEvent,
} from '../../domain/restore-session/restore-events.ts';
import type {
  RestoreSession,
  StartedRestore,
} from '../../domain/restore-session/restore-session.ts';
import type { VolumePlace } from '../../domain/restore-session/volume-place.ts';
import type { VolumeRestores } from '../../ports/cloud/volume-restores.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import type { PointReader, PointVolume } from '../../format/restore-point.ts';
import type { RestoreRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { instanceStream } from '../ledger/stream-names.ts';
import { problemOf } from '../problem-of.ts';
import { restoreAggregate } from './restore-aggregate.ts';
import { removeRestored } from './remove-restored.ts';
import { restoreVolume } from './restore-volume.ts';

/** Where a restore goes. */
export type RestoreTarget =
  | { readonly kind: 'images'; readonly images: ImageTarget }
  | {
      readonly kind: 'cloud-volumes';
      readonly images: ImageTarget;
      readonly place: VolumePlace;
      readonly restores: VolumeRestores;
    };

export interface RestoreRun {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly reader: PointReader;
  readonly volumes: readonly PointVolume[];
  readonly target: RestoreTarget;
  readonly request: Pick<RestoreRequest, 'onProgress'>;
  /** Aborts when the restore is cancelled or the engine closes. */
  readonly signal: AbortSignal;
  readonly onRecorded: () => void;
}

/** Restores volume after volume, and records how it ended. */
export async function runRestore(
  run: RestoreRun,
  loaded: Loaded<RestoreSession>,
): Promise<StartedRestore> {
  const { engine, ledger, reader, volumes, target, request, signal } = run;
  let current = loaded;
  const record = async (event: RestoreSessionEvent): Promise<void> => {
    current = await ledger.append(current, [event], event.type, restoreAggregate);
    run.onRecorded();
  };

  const { onProgress } = request;
  const options = onProgress === undefined ? { signal } : { signal, onProgress };
  // What cannot be recorded ends nothing: the record may have come through, and the volume with it be
  // its user's. The session stays open, and whoever resumes it goes by what is recorded.
  for (const volume of volumes) {
    if (target.kind === 'cloud-volumes') {
      const { volumeId, device } = volume;
      const { place } = target;
      await record({ type: 'RestoreVolumeRequested', data: { volumeId, device, place } });
    }
    let restored: RestoredVolume;
    try {
      signal.throwIfAborted();
      restored = await restoreVolume(reader, volume, target.images, options);
    } catch (error) {
      if (target.kind === 'cloud-volumes') {
        // When this fails the session stays open: whoever resumes it tries again.
        await removeRestored(engine, target.restores, started(current.state));
      }
      await record(unfinished(error, signal, engine));
      return started(current.state);
    }
    const data = await recordable(ledger, started(current.state), restored);
    await record({ type: 'VolumeRestored', data });
  }
  await record(endOfWhole(started(current.state), engine.clock.now()));
  return started(current.state);
}

/**
 * Where a volume was restored to is not worth a restore: if there is no key to seal that with, and none can
 * be made (in a repository that can only be read), it is left out of the record.
 */
async function recordable(
  ledger: Ledger,
  { instanceId }: StartedRestore,
  restored: RestoredVolume,
): Promise<RestoredVolume> {
  const problem = await ledger.sealingProblem(instanceStream(instanceId));
  return problem === null ? restored : { ...restored, location: null };
}

/** How a restore ends of which every volume is recorded. */
export function endOfWhole(state: StartedRestore, endedAt: TimestampMs): RestoreSessionEvent {
  const problem = damageOf(state);
  return problem === null
    ? { type: 'RestoreCompleted', data: { endedAt } }
    : { type: 'RestoreFailed', data: { problem, endedAt } };
}

function unfinished(
  error: unknown,
  signal: AbortSignal,
  { clock }: EngineContext,
): RestoreSessionEvent {
  const endedAt = clock.now();
  if (signal.aborted) {
    const reason = signal.reason instanceof Error ? signal.reason.message : 'cancelled';
    return { type: 'RestoreCancelled', data: { reason, endedAt } };
  }
  return { type: 'RestoreFailed', data: { problem: problemOf(error), endedAt } };
}

function damageOf({ restored }: StartedRestore): Problem | null {
  const damaged = restored.filter(({ bytesDamaged }) => bytesDamaged > 0);
  if (damaged.length === 0) return null;
  const places = damaged.map(({ device, bytesDamaged }) => `${bytesDamaged} bytes of ${device}`);
  return {
    code: 'POINT_DAMAGED',
    message: `what is stored is damaged: ${places.join(', ')}; everything else was restored`,
  };
}

function started(state: RestoreSession): StartedRestore {
  assert(state.status !== 'not-started', 'a restore that runs was started');
  return state;
}
