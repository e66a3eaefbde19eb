import { type BackupSessionEvent, blockSizeBytes } from '../../index.ts';
import { targetInWords } from './place.ts';
import { formatId } from '../output/format-id.ts';
import { formatLocalTime } from '../output/format-time.ts';
import { adoptionWords } from './adoption.ts';
import { formatCount, formatNumber, formatSize } from '../output/format-quantity.ts';
import { noticeInWords } from './notices.ts';
import { readModeInWords } from './read-mode.ts';
import { removeReasonsInWords } from './retention.ts';
import { sessionKindInWords } from './session-status.ts';

/** What an event of a backup says, in one sentence. */
export function backupEventInWords({ type, data }: BackupSessionEvent): string {
  switch (type) {
    case 'SessionStarted': {
      const kind = sessionKindInWords(data);
      const by = data.policy === null ? 'without a policy' : `by policy ${data.policy.policyId}`;
      const full = data.pointKind === 'full' ? ', for a full point' : '';
      return `${kind} of ${data.instanceId} began, ${by}${full}`;
    }
    case 'InstanceInspected': {
      const sizeBytes = data.volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0);
      const volumes = formatCount(data.volumes.length, 'volume');
      const has = `the instance has ${volumes} of ${formatSize(sizeBytes)} in all`;
      return [has, ...data.notices.map(noticeInWords)].join('; ');
    }
    case 'SnapshotRequested':
      return `snapshot set ${formatId(data.setId)} is about to be taken`;
    case 'SnapshotTaken':
      return `snapshot set ${formatId(data.setId)} taken: ${formatCount(data.snapshots.length, 'snapshot')}`;
    case 'SnapshotCompleted':
      return `snapshot set ${formatId(data.setId)} is complete`;
    case 'SnapshotAbandoned':
      return `snapshot set ${formatId(data.setId)} was not taken: nothing of it is left`;
    case 'WriterRegistered':
      return `registered with repository ${formatId(data.repositoryId)} (format ${data.format})`;
    case 'ReadPlanned':
      return data.volumes
        .map((volume) => {
          const sizeBytes = volume.plannedBlocks * blockSizeBytes;
          const blocks = `${formatCount(volume.plannedBlocks, 'block')} (${formatSize(sizeBytes)})`;
          return `${volume.device}: ${blocks} to read: ${readModeInWords(volume)}`;
        })
        .join('; ');
    case 'WorkerLaunched':
      return `worker ${data.workerId} launched (attempt ${data.attempt}${machineInWords(data)})`;
    case 'SpotRefused':
      return `no spot instance for the worker (attempt ${data.attempt}): ${data.problem.message}`;
    case 'VolumesAttached':
      return `${formatCount(data.volumes.length, 'volume')} attached to worker ${data.workerId}`;
    case 'BlocksTransferred': {
      const { blocksUnchanged, blocksZero, blocksDeduplicated, blocksStored } = data;
      const parts = [
        `${formatNumber(blocksUnchanged)} unchanged`,
        `${formatNumber(blocksZero)} zero`,
        `${formatNumber(blocksDeduplicated)} known already`,
        `${formatNumber(blocksStored)} stored (${formatSize(data.bytesStored)})`,
      ];
      return `${formatCount(data.blocksRead, 'block')} of ${data.volumeId} read: ${parts.join(', ')}`;
    }
    case 'WorkerLost':
      return `worker ${data.workerId} was lost (attempt ${data.attempt}): ${data.problem.message}`;
    case 'DirectReadStarted':
      return `the blocks are read without a worker (attempt ${data.attempt})`;
    case 'DirectReadFailed':
      return `reading stopped (attempt ${data.attempt}): ${data.problem.message}`;
    case 'RestorePointCommitted':
      return `restore point ${formatId(data.pointId)} is committed`;
    case 'WorkerRemoved':
      return `${formatCount(data.workers.length, 'worker')} and ${formatCount(data.volumes.length, 'temporary volume')} removed`;
    case 'WriterClosed':
      return data.result === 'committed'
        ? 'signed off from the repository'
        : 'what was not committed is removed from the repository';
    case 'RetentionDecided':
      return retentionDecidedInWords(data);
    case 'ReplicaRequested':
      return `copy to ${targetInWords(data.target)} is about to be made`;
    case 'ReplicaStarted':
      return `copy to ${targetInWords(data.target)} began: ${formatCount(data.snapshots.length, 'snapshot')}`;
    case 'Replicated':
      return `copied to ${targetInWords(data.target)}: replica ${formatId(data.replicaSetId)}`;
    case 'ReplicaFailed':
      return `could not be copied to ${targetInWords(data.target)}: ${data.problem.message}`;
    case 'RestorePointExpired':
      return `restore point ${formatId(data.pointId)} left the chain: ${removeReasonsInWords(data.reasons, 'restore-point')}`;
    case 'RemovalsCleared':
      return data.withheld.length === 0
        ? 'nothing forbids the removals'
        : `${formatCount(data.withheld.length, 'item')} held meanwhile, and not removed`;
    case 'ReplicaRemoved':
      return `replica ${formatId(data.replicaSetId)} removed`;
    case 'ReplicaRemovalFailed':
      return `replica ${formatId(data.replicaSetId)} could not be removed: ${data.problem.message}`;
    case 'RestorePointRemoved':
      return `restore point ${formatId(data.pointId)} removed`;
    case 'RestorePointRemovalFailed':
      return `restore point ${formatId(data.pointId)} could not be removed: ${data.problem.message}`;
    case 'SnapshotRemoved':
      return `snapshot set ${formatId(data.setId)} removed`;
    case 'SnapshotRemovalFailed':
      return `snapshot set ${formatId(data.setId)} could not be removed: ${data.problem.message}`;
    case 'SnapshotSetAdopted':
      return `snapshot set ${formatId(data.setId)} of ${formatLocalTime(data.takenAt)} adopted: ${adoptionWords[data.reason]}`;
    case 'ReplicaAdopted':
      return `replica ${formatId(data.replicaSetId)} in ${targetInWords(data.target)} adopted: ${adoptionWords[data.reason]}`;
    case 'FailureDetected':
      return `failed: ${data.problem.message}; cleaning up`;
    case 'CancellationRequested':
      return `cancelled (${data.reason}); cleaning up`;
    case 'SessionCompleted':
      return data.outcome === 'succeeded' ? 'done' : 'done, with warnings';
    case 'SessionFailed':
      return `the session failed: ${data.problem.message}`;
    case 'SessionCancelled':
      return `the session was cancelled (${data.reason})`;
  }
}

type RetentionDecided = Extract<BackupSessionEvent, { readonly type: 'RetentionDecided' }>['data'];

function retentionDecidedInWords({ snapshots, replicas, points }: RetentionDecided): string {
  const kinds = [
    { what: 'snapshot set', kept: snapshots.keep.length, going: snapshots.remove.length },
    { what: 'replica', kept: replicas.keep.length, going: replicas.remove.length },
    { what: 'restore point', kept: points.keep.length, going: points.expire.length },
  ];
  const said = kinds
    .filter(({ what, kept, going }) => what === 'snapshot set' || kept + going > 0)
    .map(({ what, kept, going }) => `${formatCount(kept, what)} kept, ${going} to remove`);
  return `retention: ${said.join('; ')}`;
}

function machineInWords({
  instanceType,
  market,
}: Extract<BackupSessionEvent, { readonly type: 'WorkerLaunched' }>['data']): string {
  return `${instanceType === null ? '' : `, ${instanceType}`}${market === 'spot' ? ', spot' : ''}`;
}
