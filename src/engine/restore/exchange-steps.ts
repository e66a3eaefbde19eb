import type { Problem } from '../../domain/backup-session/backup-events.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import type { RunningExchange } from '../../domain/restore-session/restore-session.ts';
import type { ExchangedVolume } from '../../domain/restore-session/volume-exchange.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { OriginalInstance, VolumeExchanges } from '../../ports/cloud/volume-exchanges.ts';
import { problemOf } from '../problem-of.ts';
import type { RestoreSteps } from './restore-steps.ts';

export interface ExchangeWork {
  readonly exchanges: VolumeExchanges;
  readonly owner: ResourceOwner;
}

/**
 * Carries an exchange through from wherever it has got to. Every volume that gives way is marked before
 * anything is touched, so that what is detached tells whose it is, whatever becomes of the ledger.
 */
export async function* exchangeVolumes(
  { exchanges, owner }: ExchangeWork,
  { volumes, done, instance, instanceWas, undoes }: RunningExchange,
  signal: AbortSignal,
): RestoreSteps {
  const { instanceId } = owner;
  const open = volumes.filter(({ device }) => !done.includes(device));
  for (const { kept: volumeId, device } of open) {
    if (volumeId !== null) await exchanges.keep(owner, { volumeId, device });
  }
  if (instance === 'as-found' && instanceWas === 'running') {
    await exchanges.stop(instanceId, signal);
    yield [{ type: 'InstanceStopped', data: { instanceId } }];
  }
  for (const { kept, placed, device, onTermination } of open) {
    await requireStopped(exchanges, instanceId);
    const request = { instanceId, device, detach: kept, attach: placed, onTermination };
    await exchanges.exchange(request, signal);
    yield [{ type: 'VolumeExchanged', data: { device } }];
  }
  if (instance !== 'started' && instanceWas === 'running') {
    await exchanges.start(instanceId, signal);
    yield [{ type: 'InstanceStarted', data: { instanceId } }];
  }
  if (undoes !== null) await releasePlaced(exchanges, volumes);
  return [];
}

/**
 * What has come back to its place is its user's again. Not before all of it has: what is not marked nobody may
 * detach. A mark that stays for now is taken when the exchange is confirmed.
 */
async function releasePlaced(
  exchanges: VolumeExchanges,
  volumes: readonly ExchangedVolume[],
): Promise<void> {
  const placed = volumes.flatMap((one) => one.placed ?? []);
  await Promise.allSettled(placed.map((volumeId) => exchanges.release(volumeId)));
}

/**
 * Puts every volume back to where the exchange found it, from wherever it has got to. What cannot be put back
 * any more, because it is gone or the instance is, is told of in the end.
 *
 * @param cause why, recorded unless it is already
 * @throws what keeps it from going on for now: it can be gone on with later
 */
export async function* putBackVolumes(
  { exchanges, owner }: ExchangeWork,
  { volumes, direction, instanceWas }: RunningExchange,
  cause: Problem,
): RestoreSteps {
  const { instanceId } = owner;
  if (direction === 'forward') yield [{ type: 'PutBackRequested', data: { problem: cause } }];
  const found = await lookOrGone(exchanges, instanceId);
  if (found === null) return [instanceGone(instanceId, volumes)];
  const left: Problem[] = [];
  const kept = volumes.flatMap((one) => one.kept ?? []);
  const states = await exchanges.describe(kept);
  const displaced = volumes.filter((volume) => !isInPlace(found, volume));
  if (displaced.length > 0 && instanceWas === 'running') await exchanges.stop(instanceId);
  for (const volume of volumes) {
    const { device, onTermination } = volume;
    if (displaced.includes(volume)) {
      if (volume.kept !== null && states.get(volume.kept) === 'gone') {
        left.push(volumeGone(volume));
        // It is all that the instance has there, and must not go because its restore did not succeed.
        if (volume.placed !== null) await exchanges.release(volume.placed);
        continue;
      }
      await requireStopped(exchanges, instanceId);
      const { kept: attach, placed: detach } = volume;
      await exchanges.exchange({ instanceId, device, detach, attach, onTermination });
    }
    if (volume.kept !== null) await exchanges.release(volume.kept);
    yield [{ type: 'VolumePutBack', data: { device } }];
  }
  if (instanceWas === 'stopped') return left;
  try {
    await exchanges.start(instanceId);
  } catch (error) {
    // Its volumes are its own again: that it does not start keeps nothing open.
    const { code, message } = problemOf(error);
    return [...left, { code, message: `instance ${instanceId} was not started again: ${message}` }];
  }
  const started: RestoreSessionEvent = { type: 'InstanceStarted', data: { instanceId } };
  yield [started];
  return left;
}

function isInPlace(
  { volumes }: OriginalInstance,
  { device, kept, placed }: ExchangedVolume,
): boolean {
  const there = volumes.find((one) => one.device === device)?.volumeId ?? null;
  return there === kept && !volumes.some(({ volumeId }) => volumeId === placed);
}

/** Whoever starts it in the middle of an exchange would have it boot from half of it. */
async function requireStopped(exchanges: VolumeExchanges, instanceId: InstanceId): Promise<void> {
  const { state } = await exchanges.look(instanceId);
  if (state !== 'running') return;
  throw new SnapledgerError(
    'INSTANCE_RUNNING',
    `instance '${instanceId}' was started while its volumes were being exchanged`,
    { remedy: "Stop it, then bring the restore to its end: 'snapledger resume'." },
  );
}

async function lookOrGone(
  exchanges: VolumeExchanges,
  instanceId: InstanceId,
): Promise<OriginalInstance | null> {
  try {
    return await exchanges.look(instanceId);
  } catch (error) {
    if (!hasErrorCode(error, 'UNKNOWN_INSTANCE')) throw error;
    return null;
  }
}

function instanceGone(instanceId: InstanceId, volumes: readonly ExchangedVolume[]): Problem {
  const kept = volumes.flatMap((one) => one.kept ?? []);
  return {
    code: 'UNKNOWN_INSTANCE',
    message: `instance ${instanceId} is gone, so nothing was put back; what is left of its volumes is kept: ${kept.join(', ')}`,
  };
}

function volumeGone({ device, kept, placed }: ExchangedVolume): Problem {
  return {
    code: 'VOLUME_NOT_FOUND',
    message: `volume ${String(kept)} of ${device} is gone, so ${placed ?? 'nothing'} stays in its place`,
  };
}
