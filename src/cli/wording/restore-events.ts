import { knownOr, type RestoredVolume, type RestoreSessionEvent } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';

/** What an event of a restore says, in one sentence. */
export function restoreEventInWords({ type, data }: RestoreSessionEvent): string {
  switch (type) {
    case 'RestoreStarted': {
      const volumes = formatCount(data.volumeIds.length, 'volume');
      return `restore of ${volumes} of point ${formatId(data.pointId)} (${data.instanceId}) began`;
    }
    case 'RestoreVolumeRequested':
      return `a volume of ${data.device} is about to be made in ${data.place.availabilityZone}`;
    case 'VolumeRestored':
      return restoredVolumeInWords(data);
    case 'RestoreCompleted':
      return 'done';
    case 'RestoreFailed':
      return `the restore failed: ${data.problem.message}`;
    case 'RestoreCancelled':
      return `the restore was cancelled (${data.reason})`;
  }
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
