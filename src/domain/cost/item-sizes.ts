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
  adopted,
}: StartedBackup): Generator<readonly [string, ItemSize]> {
  for (const { setId, snapshots } of adopted.sets) {
    yield [setId, { place: { kind: 'snapshots' }, ...atMostOf(snapshots) }];
  }
  for (const { replicaSetId, target, snapshots } of adopted.replicas) {
    const place = { kind: 'replicas', region: target.region } as const;
    yield [replicaSetId, { place, ...atMostOf(snapshots) }];
  }
  if (snapshotSet === null) return;
  const atMost = atMostOf(snapshotSet.snapshots);
  yield [snapshotSet.setId, { place: { kind: 'snapshots' }, ...atMost }];
  for (const { replicaSetId, target } of replicas) {
    yield [replicaSetId, { place: { kind: 'replicas', region: target.region }, ...atMost }];
  }
  if (point === null) return;
  const sizeBytes = sum(point.volumes.map((volume) => volume.bytesStored + volume.mapBytesStored));
  yield [point.pointId, { place: { kind: 'repository' }, sizeBytes, basis: 'added' }];
}

function atMostOf(
  snapshots: readonly { readonly sizeBytes: number }[],
): Pick<ItemSize, 'sizeBytes'> & { readonly basis: 'at-most' } {
  return { sizeBytes: sum(snapshots.map(({ sizeBytes }) => sizeBytes)), basis: 'at-most' };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
