import type { BackupPolicy } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';

/** The contents of a policy, one sentence a line. */
export function policyInWords({ snapshots, image }: BackupPolicy): readonly string[] {
  const cbtOn = image.changedBlockTracking === 'on';
  return [
    `snapshots    ${snapshotsInWords(snapshots.retention)}${image.level === 'on' && cbtOn ? ', and always the CBT base' : ''}`,
    image.level === 'on'
      ? 'image-level  on: every backup also makes a restore point'
      : 'image-level  off: snapshots only',
    `CBT          ${cbtOn ? 'on: only changed blocks are read' : 'off: every backup reads the whole disk'}`,
    `compression  ${compressionInWords(image.compression)}`,
    `CBT base     moves to the new set ${snapshots.baseMoves === 'before-retention' ? 'before' : 'after'} retention runs`,
  ];
}

function snapshotsInWords({ count }: BackupPolicy['snapshots']['retention']): string {
  return `keep the newest ${formatCount(count ?? 0, 'set')}`;
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
