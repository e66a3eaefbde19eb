import {
  knownOr,
  type Problem,
  type RestoredVolume,
  type RestoreSessionEvent,
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
