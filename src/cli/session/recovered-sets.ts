import { accountIdOf, type RecoveredSets } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { formatLocalTime, formatUtcTime } from '../output/format-time.ts';

/** What the tags of a region tell, for a person. */
export function recoveredSetsInWords(
  where: string,
  { sets, replicas }: RecoveredSets,
): readonly string[] {
  if (sets.length + replicas.length === 0) {
    return [`there is nothing of this repository in ${where}`];
  }
  const rows = [
    ...sets.map(({ set, takenAt, condition, snapshots }) => ({
      cells: ['set', formatId(set.setId), set.owner.instanceId, formatLocalTime(takenAt)],
      condition,
      snapshots,
    })),
    ...replicas.map(({ replicaSetId, source, condition, snapshots }) => ({
      cells: [
        'replica',
        formatId(replicaSetId),
        source.owner.instanceId,
        formatLocalTime(source.requestedAt),
      ],
      condition,
      snapshots,
    })),
  ];
  return [
    `${formatCount(sets.length, 'snapshot set')} and ${formatCount(replicas.length, 'replica')} in ${where}, as their tags tell`,
    '',
    ...formatTable(
      ['KIND', 'ID', 'INSTANCE', 'TAKEN', 'CONDITION', 'SNAPSHOTS'].map(
        (title) => ({ title, align: 'left' }) as const,
      ),
      rows.map(({ cells, condition, snapshots }) => ({
        cells: [
          ...cells,
          condition,
          snapshots.map(({ device, snapshotId }) => `${device} ${snapshotId}`).join(', '),
        ],
      })),
    ),
  ];
}

/** The same for a program. */
export function recoveredSetsAsJson({ sets, replicas, untrusted }: RecoveredSets): object {
  return {
    sets: sets.map(({ set, takenAt, condition, snapshots }) => ({
      id: set.setId,
      ...set.owner,
      policyId: set.policyId,
      takenAt: formatUtcTime(takenAt),
      condition,
      snapshots: snapshots.map(snapshotAsJson),
      configuration: set.configuration,
    })),
    replicas: replicas.map(({ replicaSetId, source, target, condition, snapshots }) => ({
      id: replicaSetId,
      ...source.owner,
      policyId: source.policyId,
      setId: source.setId,
      sourceRegion: source.region,
      takenAt: formatUtcTime(source.requestedAt),
      keyId: target.keyId,
      accountId: target.account === null ? null : accountIdOf(target.account),
      condition,
      snapshots: snapshots.map(snapshotAsJson),
      configuration: source.configuration,
    })),
    untrusted,
  };
}

type RecoveredSnapshot = Pick<
  RecoveredSets['sets'][number]['snapshots'][number],
  'snapshotId' | 'volumeId' | 'device' | 'sizeBytes' | 'state'
>;

function snapshotAsJson({
  snapshotId,
  volumeId,
  device,
  sizeBytes,
  state,
}: RecoveredSnapshot): unknown {
  return { snapshotId, volumeId, device, sizeBytes, state };
}
