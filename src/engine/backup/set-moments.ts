import type { VolumeId } from '../../domain/identifiers.ts';
import type { SnapshotDescription } from '../../ports/cloud/snapshots.ts';

/** The snapshots of one request: they show all volumes at one moment. */
export type SetMoment = readonly SnapshotDescription[];

/**
 * What was found of a set, request by request, the oldest first. There can be several: when listings
 * are so late that a request which had worked was made again. Snapshots of two of them show two
 * moments, and are never one set.
 */
export function momentsOf(found: readonly SnapshotDescription[]): readonly SetMoment[] {
  const byRequest = Map.groupBy(found, ({ requestId }) => requestId);
  return [...byRequest.values()].sort(
    (a, b) => beginOf(a) - beginOf(b) || (firstIdOf(a) < firstIdOf(b) ? -1 : 1),
  );
}

/** Whether it has a snapshot of every volume. */
export function isWhole(moment: SetMoment, volumeIds: readonly VolumeId[]): boolean {
  return volumeIds.every((volumeId) => moment.some((one) => one.volumeId === volumeId));
}

function beginOf(moment: SetMoment): number {
  return Math.min(...moment.map(({ startedAt }) => startedAt));
}

function firstIdOf(moment: SetMoment): string {
  return moment.map(({ snapshotId }) => snapshotId).sort()[0] ?? '';
}
