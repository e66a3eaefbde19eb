import type { RestoreProgress, SnapshotProgress, TimestampMs } from '../../index.ts';
import { formatNumber, formatPercent, formatSize } from '../output/format-quantity.ts';
import { formatLocalClock } from '../output/format-time.ts';
import type { Status } from '../output/status-line.ts';
import { type TransferProgress, durableBlocksOf } from './transfer-progress.ts';

const barWidth = 24;

type ProgressLine = Pick<Status, 'drawn' | 'written'>;

/** `[######----]  45 %  720 of 1,600 blocks, 360.0 MiB read, 12.1 MiB stored, 80.0 MiB/s`. */
export function transferProgressLine(progress: TransferProgress): ProgressLine {
  const { plannedBlocks, bytesRead, bytesStored, beganAt, reachedAt } = progress;
  const durable = durableBlocksOf(progress);
  const elapsedS = (reachedAt - beganAt) / 1000;
  const text = [
    `${formatNumber(durable)} of ${formatNumber(plannedBlocks)} blocks`,
    `${formatSize(bytesRead)} read`,
    `${formatSize(bytesStored)} stored`,
    ...(elapsedS > 0 ? [`${formatSize(Math.round(bytesRead / elapsedS))}/s`] : []),
  ].join(', ');
  const percent = formatPercent(durable, plannedBlocks);
  return {
    drawn: `${bar(durable, plannedBlocks)} ${percent.padStart(5)}  ${text}`,
    written: `${formatLocalClock(reachedAt)}  ${percent}: ${text}`,
  };
}

/** `[######----]  45 %  /dev/xvda: 3.6 GiB of 8.0 GiB`. */
export function restoreProgressLine(progress: RestoreProgress): ProgressLine {
  const { device, bytesDone, bytesTotal } = progress;
  const percent = formatPercent(bytesDone, bytesTotal);
  const text = `${device}: ${formatSize(bytesDone)} of ${formatSize(bytesTotal)}`;
  return {
    drawn: `${bar(bytesDone, bytesTotal)} ${percent.padStart(5)}  ${text}`,
    written: `${percent}: ${text}`,
  };
}

/** `[######----]  45 %  snapshot: 3.6 GiB of 8.0 GiB`. */
export function snapshotProgressLine(
  { bytesDone, bytesTotal }: SnapshotProgress,
  at: TimestampMs,
): ProgressLine {
  const percent = formatPercent(bytesDone, bytesTotal);
  const text = `snapshot: ${formatSize(bytesDone)} of ${formatSize(bytesTotal)}`;
  return {
    drawn: `${bar(bytesDone, bytesTotal)} ${percent.padStart(5)}  ${text}`,
    written: `${formatLocalClock(at)}  ${percent}: ${text}`,
  };
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? barWidth : Math.floor((done / total) * barWidth);
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
}
