import type { BackupPolicy } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';
import { targetInWords } from './place.ts';
import { retentionInWords, schedulesInWords, windowInWords } from './schedule.ts';
import { selectionInWords, volumesInWords } from './selection.ts';

/** The contents of a policy, one sentence a line; what is as in a new policy is left out. */
export function policyInWords(policy: BackupPolicy): readonly string[] {
  const { snapshots, replicas, image, window, volumes } = policy;
  const isImageLevel = image.level === 'on';
  const cbtOn = image.changedBlockTracking === 'on';
  const keepsBase = isImageLevel && cbtOn;
  const rules = retentionInWords(snapshots.retention, 'set');
  const points = retentionInWords(image.retention, 'point');
  return [
    `instances    ${selectionInWords(policy.selection)}`,
    ...(policy.priority === 0 ? [] : [`priority     ${policy.priority}`]),
    ...(volumes.roles === 'all' && volumes.exclude.length === 0
      ? []
      : [`volumes      ${volumesInWords(volumes)}`]),
    `snapshots    keep ${rules === '' ? 'none' : rules}${keepsBase ? ', and always the CBT base' : ''}`,
    `taken        ${schedulesInWords(snapshots.schedules, 'on demand')}`,
    ...(snapshots.volumeTags === 'copy'
      ? ['tags         each snapshot gets those of its volume besides']
      : []),
    ...replicas.map(
      ({ target, schedules, retention }) =>
        `replica      in ${targetInWords(target)}: ` +
        `${schedulesInWords(schedules, 'of every set')}; keep ${retentionInWords(retention, 'copy')}`,
    ),
    isImageLevel
      ? `image-level  on: ${image.schedules.length === 0 ? 'every backup also makes a restore point' : `a restore point ${schedulesInWords(image.schedules, '')}`}`
      : 'image-level  off: snapshots only',
    ...(isImageLevel ? [`points       keep ${points === '' ? 'all' : points}`] : []),
    `CBT          ${cbtOn ? 'on: only changed blocks are read' : 'off: every backup reads the whole disk'}`,
    `compression  ${compressionInWords(image.compression)}`,
    ...(image.transport === 'direct'
      ? ['transport    direct: the engine reads the snapshots, without a worker']
      : []),
    ...(image.transport === 'worker' ? workersInWords(image.workers) : []),
    `CBT base     moves to the new set ${snapshots.baseMoves === 'before-retention' ? 'before' : 'after'} retention runs`,
    ...(window === null ? [] : [`window       ${windowInWords(window)}`]),
    `times        of ${policy.timeZone}; missed ones are ${policy.missedRuns === 'run-once' ? 'made up for once' : 'skipped'}`,
    `retry        ${retryInWords(policy.retry)}`,
  ];
}

function retryInWords({ attemptsMax, waitMinutes }: BackupPolicy['retry']): string {
  return attemptsMax === 1
    ? 'none'
    : `${formatCount(attemptsMax, 'attempt')} in all, ${formatCount(waitMinutes, 'minute')} apart`;
}

function compressionInWords(compression: BackupPolicy['image']['compression']): string {
  switch (compression) {
    case 'fast':
      return 'fast: least time';
    case 'balanced':
      return 'balanced';
    case 'small':
      return 'small: least space';
  }
}

function workersInWords({ types, market }: BackupPolicy['image']['workers']): readonly string[] {
  const bySize = types
    .toSorted((a, b) => a.upToGib - b.upToGib)
    .map(({ upToGib, instanceType }) => `${instanceType} up to ${upToGib} GiB`);
  return [
    ...(bySize.length === 0
      ? []
      : [`workers      ${bySize.join(', ')}; beyond, that of the vault`]),
    ...(market === 'spot' ? ['market       spot first, then on demand'] : []),
  ];
}
