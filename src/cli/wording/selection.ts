import type { BackupPolicy, InstanceMatch } from '../../index.ts';

/** Which instances a policy is for. */
export function selectionInWords({ include, exclude }: BackupPolicy['selection']): string {
  const without = exclude === null ? '' : `, without ${matchInWords(exclude)}`;
  return matchInWords(include) + without;
}

function matchInWords(match: InstanceMatch): string {
  switch (match.kind) {
    case 'all':
      return 'all instances';
    case 'instances':
      return match.instanceIds.join(', ');
    case 'tag':
      return match.value === null ? `tag ${match.key}` : `tag ${match.key}=${match.value}`;
    case 'all-of':
      return `(${match.of.map(matchInWords).join(' and ')})`;
    case 'any-of':
      return `(${match.of.map(matchInWords).join(' or ')})`;
  }
}

/** Which of their volumes. */
export function volumesInWords({ roles, exclude }: BackupPolicy['volumes']): string {
  const which = roles === 'all' ? 'all' : `${roles} only`;
  const without = exclude.map((match) => {
    switch (match.kind) {
      case 'device':
        return match.device;
      case 'volume':
        return match.volumeId;
      case 'tag':
        return match.value === null ? `tag ${match.key}` : `tag ${match.key}=${match.value}`;
    }
  });
  return without.length === 0 ? which : `${which}, without ${without.join(', ')}`;
}
