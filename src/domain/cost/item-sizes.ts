import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { ItemSize } from './estimate-cost.ts';

/** How much room each item takes that these sessions made, by its id. */
export function itemSizes(sessions: readonly StartedBackup[]): ReadonlyMap<string, ItemSize> {
  return new Map(sessions.flatMap((session) => [...sizesOf(session)]));
}

function* sizesOf({
  snapshotSet,
  replicas,
  point,
}: StartedBackup): Generator<readonly [string, ItemSize]> {
  if (snapshotSet === null) return;
  const volumesBytes = sum(snapshotSet.snapshots.map(({ sizeBytes }) => sizeBytes));
  const atMost = { sizeBytes: volumesBytes, basis: 'at-most' } as const;
  yield [snapshotSet.setId, { place: { kind: 'snapshots' }, ...atMost }];
  for (const { replicaSetId, target } of replicas) {
    yield [replicaSetId, { place: { kind: 'replicas', region: target.region }, ...atMost }];
  }
  if (point === null) return;
  const sizeBytes = sum(point.volumes.map((volume) => volume.bytesStored + volume.mapBytesStored));
  yield [point.pointId, { place: { kind: 'repository' }, sizeBytes, basis: 'added' }];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
