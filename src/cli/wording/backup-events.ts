import { type BackupSessionEvent, blockSizeBytes } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatNumber, formatSize } from '../output/format-quantity.ts';
import { readModeInWords } from './read-mode.ts';
import { sessionKindInWords } from './session-status.ts';

/** What an event of a backup says, in one sentence. */
export function backupEventInWords({ type, data }: BackupSessionEvent): string {
  switch (type) {
    case 'SessionStarted': {
      const kind = sessionKindInWords({ kind: 'backup', scope: data.scope });
      const full = data.pointKind === 'full' ? ', for a full point' : '';
      return `${kind} of ${data.instanceId} began, by policy ${data.policy.policyId}${full}`;
    }
    case 'InstanceInspected': {
      const sizeBytes = data.volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0);
      const volumes = formatCount(data.volumes.length, 'volume');
      return `the instance has ${volumes} of ${formatSize(sizeBytes)} in all`;
    }
    case 'SnapshotRequested':
      return `snapshot set ${formatId(data.setId)} is about to be taken`;
    case 'SnapshotTaken':
      return `snapshot set ${formatId(data.setId)} taken: ${formatCount(data.snapshots.length, 'snapshot')}`;
    case 'SnapshotCompleted':
      return `snapshot set ${formatId(data.setId)} is complete`;
    case 'SnapshotAbandoned':
      return `snapshot set ${formatId(data.setId)} was never taken`;
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
      return `worker ${data.workerId} launched (attempt ${data.attempt})`;
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
    case 'RestorePointCommitted':
      return `restore point ${formatId(data.pointId)} is committed`;
    case 'WorkerRemoved':
      return `${formatCount(data.workers.length, 'worker')} and ${formatCount(data.volumes.length, 'temporary volume')} removed`;
    case 'WriterClosed':
      return data.result === 'committed'
        ? 'signed off from the repository'
        : 'what was not committed is removed from the repository';
    case 'RetentionDecided':
      return `retention: ${formatCount(data.keep.length, 'snapshot set')} kept, ${data.remove.length} to remove`;
    case 'SnapshotRemoved':
      return `snapshot set ${formatId(data.setId)} removed`;
    case 'SnapshotRemovalFailed':
      return `snapshot set ${formatId(data.setId)} could not be removed: ${data.problem.message}`;
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
