import type {
  CollectionPlan,
  DamageFound,
  HealableDamage,
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
  repair: 'repair of what is damaged began',
  merging: 'merging of points that stay only for others began',
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
    case 'MergePlanned':
      return (
        `${formatCount(data.merges.length, 'point')} of ${data.instanceId} to be merged` +
        (data.left === 0 ? '' : `, ${data.left} left for another time`)
      );
    case 'PointMerged':
      return (
        `point ${formatId(data.pointId)} merged with ${data.absorbed.map(formatId).join(', ')}, ` +
        `${formatSize(data.bytesWritten)} written`
      );
    case 'DamageFound':
      return `damaged: ${pieceInWords(data)}`;
    case 'RepairPlanned':
      return `of ${data.instanceId}: ${healableInWords(data).join('; ')}`;
    case 'DamageHealed':
      return (
        `${formatCount(data.pointsHealed, 'point')} of ${data.instanceId} healed, ` +
        `${formatSize(data.bytesWritten)} written`
      );
    case 'DamageLeft':
      return `still damaged: ${pieceInWords(data)}`;
    case 'PointsMarked':
      return (
        `${formatCount(data.sound.length, 'point')} of ${data.instanceId} marked as sound` +
        (data.damaged.length === 0
          ? ''
          : `, as damaged: ${data.damaged.map((pointId) => formatId(pointId)).join(', ')}`)
      );
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

/** What is damaged, and what of it can be healed, a line for each kind. */
export function healableInWords(damage: HealableDamage): readonly string[] {
  const { blocksDamaged, blocksFromCopies, blocksFromElsewhere } = damage;
  const { mapPartsDamaged, mapPartsHealed, objectsSpoilt } = damage;
  const lost = blocksDamaged - blocksFromCopies - blocksFromElsewhere;
  return [
    ...(blocksDamaged === 0
      ? []
      : [
          `${formatCount(blocksDamaged, 'damaged block')}: ${blocksFromCopies} from other copies, ` +
            `${blocksFromElsewhere} from snapshots, ${lost} not to be had`,
        ]),
    ...(mapPartsDamaged === 0
      ? []
      : [
          `${formatCount(mapPartsDamaged, 'damaged part')} of maps: ${mapPartsHealed} put together ` +
            `again, ${mapPartsDamaged - mapPartsHealed} not to be had`,
        ]),
    ...(objectsSpoilt === 0
      ? []
      : [`${formatCount(objectsSpoilt, 'object')} with a wrong beginning: to be stored anew`]),
  ];
}

function pieceInWords(piece: DamageFound['data']): string {
  const { pointId, device, volumeId, firstBlock, blockCount, reason, objectKey } = piece;
  const place = device === null ? '' : `, ${device} (${volumeId ?? ''})`;
  const blocks = blockCount === 0 ? '' : `, ${formatCount(blockCount, 'block')} from ${firstBlock}`;
  return `point ${formatId(pointId)}${place}${blocks}: ${reason} (${objectKey})`;
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
