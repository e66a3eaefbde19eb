import {
  knownOr,
  type Problem,
  type RestoredVolume,
  type RestoreSessionEvent,
  type VolumeExchange,
} from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
import { itemKindWords } from './item-kind.ts';

/** What an event of a restore says, in one sentence. */
export function restoreEventInWords({ type, data }: RestoreSessionEvent): string {
  switch (type) {
    case 'RestoreStarted': {
      const volumes = formatCount(data.volumeIds.length, 'volume');
      const what = `${itemKindWords[data.source.kind]} ${formatId(data.source.id)}`;
      return `restore of ${volumes} of ${what} (${data.instanceId}) began`;
    }
    case 'RestoreVolumeRequested':
      return `a volume of ${data.device} is about to be made in ${data.place.availabilityZone}`;
    case 'RestoreInstanceRequested':
      return `an instance is about to be made in ${data.region}`;
    case 'InstanceRestored':
      return `instance ${data.resourceId} runs`;
    case 'VolumeRestored':
      return restoredVolumeInWords(data);
    case 'OriginalRestoreRequested':
      return `its volumes are about to take the place of the instance's own, in ${data.region}`;
    case 'VolumeExchangeRequested':
      return exchangeInWords(data);
    case 'InstanceStopped':
      return `instance ${data.instanceId} is stopped`;
    case 'VolumeExchanged':
      return `${data.device} is exchanged`;
    case 'PutBackRequested':
      return `everything goes back to where it was: ${data.problem.message}`;
    case 'VolumePutBack':
      return `${data.device} is as it was`;
    case 'InstanceStarted':
      return `instance ${data.instanceId} runs again`;
    case 'RestoreTakenOver':
      return 'another engine goes on with it';
    case 'RestoreConfirmed':
      return `restore ${formatId(data.confirms)} is confirmed: ${formatCount(data.kept.length, 'kept volume')} about to be removed`;
    case 'KeptVolumeRemoved':
      return `kept volume ${data.volumeId} is removed`;
    case 'RestoreCompleted':
      return ['done', ...leftBehind(data.warnings)].join('; ');
    case 'RestoreFailed':
      return `the restore failed: ${data.problem.message}`;
    case 'RestoreCancelled':
      return `the restore was cancelled (${data.reason})`;
  }
}

/** What a restore that succeeded has left in the cloud. */
export function leftBehind(warnings: readonly Problem[]): readonly string[] {
  return warnings.map(
    ({ message }) =>
      `left behind, until 'snapledger reconcile --region R --yes' removes it: ${message}`,
  );
}

function placeInWords({ location }: RestoredVolume): string {
  return location === null
    ? 'a place that could not be recorded'
    : knownOr(location, 'a place that is forgotten');
}

function restoredVolumeInWords(volume: RestoredVolume): string {
  const where = `${volume.device} (${formatSize(volume.sizeBytes)}) restored to ${placeInWords(volume)}`;
  if (volume.bytesDamaged === 0) return where;
  return `${where}, of which ${formatSize(volume.bytesDamaged)} are damaged and missing`;
}

function exchangeInWords({ volumes, instanceWas, undoes }: VolumeExchange): string {
  const places = volumes.map(
    ({ device, kept, placed }) => `${device} from ${kept ?? 'nothing'} to ${placed ?? 'nothing'}`,
  );
  const why = undoes === null ? '' : `restore ${formatId(undoes)} is undone: `;
  const stop = instanceWas === 'running' ? 'the instance is stopped and ' : '';
  return `${why}${stop}its volumes are about to be exchanged: ${places.join(', ')}`;
}
