import type {
  CollectionPlan,
  ObjectTotals,
  RepositorySessionEvent,
  RepositoryWork,
} from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';

const workBegan: Readonly<Record<RepositoryWork, string>> = {
  collection: 'collection of what no restore point needs began',
  verification: 'verification of the repository began',
  repacking: 'repacking of objects of which little is needed began',
};

/** What an event of the maintenance of a repository says, in one sentence. */
export function repositoryEventInWords({ type, data }: RepositorySessionEvent): string {
  switch (type) {
    case 'RepositorySessionStarted':
      return workBegan[data.work];
    case 'WriterEnded': {
      const why = data.why === 'asked-for' ? 'as was asked for' : 'which has ended long ago';
      const outcome = data.outcome === 'discarded' ? 'discarded' : 'found committed, and closed';
      return `session ${formatId(data.writerId)} (${data.instanceId}), ${why}, was ${outcome}`;
    }
    case 'CollectionPlanned':
      return (
        `${dataInWords(data.inUse)} in use, ${dataInWords(data.removable)} to be removed, ` +
        `${dataInWords(data.awaiting)} waiting for ${formatCount(data.openWriters.length, 'session')}` +
        (data.held.objects === 0 ? '' : `, ${heldInWords(data.held)}`)
      );
    case 'DataCondemned':
      return `${dataInWords(data)} condemned: nothing is built on it any more`;
    case 'DataRemoved':
      return `${dataInWords(data)} removed`;
    case 'RepackPlanned':
      return (
        `${formatSize(data.liveBytes)} needed of ${dataInWords(data.sparse)} to be stored anew` +
        (data.left.objects === 0 ? '' : `, ${dataInWords(data.left)} left for another time`)
      );
    case 'DataMoved':
      return (
        `${formatCount(data.pointsMoved, 'point')} of ${data.instanceId} moved, ` +
        `${formatSize(data.bytesWritten)} written` +
        (data.blocksDamaged === 0
          ? ''
          : `; ${formatCount(data.blocksDamaged, 'damaged block')} left where it was`)
      );
    case 'DamageFound': {
      const { device, volumeId, firstBlock, blockCount, reason, objectKey } = data;
      const place = device === null ? '' : `, ${device} (${volumeId ?? ''})`;
      const blocks =
        blockCount === 0 ? '' : `, ${formatCount(blockCount, 'block')} from ${firstBlock}`;
      return `damaged: point ${formatId(data.pointId)}${place}${blocks}: ${reason} (${objectKey})`;
    }
    case 'ObjectsVerified':
      return (
        `${formatCount(data.sound.length, 'object')} read and sound` +
        (data.damaged.length === 0 ? '' : `, ${data.damaged.length} damaged`)
      );
    case 'VerificationCovered':
      return `${dataInWords(data)} of ${formatSize(data.bytesTotal)} read`;
    case 'RepositorySessionCompleted':
      return 'done';
    case 'RepositorySessionFailed':
      return `it failed: ${data.problem.message}`;
    case 'RepositorySessionCancelled':
      return `it was cancelled (${data.reason})`;
  }
}

export function dataInWords({ objects, bytes }: ObjectTotals): string {
  return objects === 0 ? 'nothing' : `${formatSize(bytes)} (${formatCount(objects, 'object')})`;
}

/** What nobody needs, and nobody can remove yet. */
export function heldInWords({ objects, bytes, until }: CollectionPlan['held']): string {
  const last =
    until === null ? '' : `, the last until ${new Date(until).toISOString().slice(0, 16)}Z`;
  return `${dataInWords({ objects, bytes })} locked${last}`;
}
