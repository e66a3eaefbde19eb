import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { DeviceName, InstanceId, PointId, VolumeId } from '../../domain/identifiers.ts';
import type { SnapshotItemRef } from '../../domain/retention/retention-plan.ts';
import type { Repository } from '../../format/repository.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { prefixHitsMax } from '../catalogue/catalogue-limits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { findPoint } from '../point/find-point.ts';
import { findByPrefix } from '../session/find-by-prefix.ts';
import { snapshotSource } from './snapshot-source.ts';

/** What can be restored. */
export type Restorable =
  | { readonly kind: 'restore-point'; readonly pointId: PointId }
  | {
      readonly kind: 'snapshots';
      readonly instanceId: InstanceId;
      readonly item: SnapshotItemRef;
      readonly volumes: readonly { readonly volumeId: VolumeId; readonly device: DeviceName }[];
    };

export interface FindingContext {
  readonly ledger: Ledger;
  readonly catalogue: Catalogue;
  readonly repository: Repository;
}

/**
 * The one restore point, snapshot set or replica whose id begins with `prefix`; the id of a single
 * snapshot, or of a copy of one, leads to its set or replica. Points are looked for in the repository,
 * the others in the ledger.
 *
 * @throws UNKNOWN_POINT when there is neither, UNKNOWN_ITEM when it exists no more, AMBIGUOUS_ID,
 *   INVALID_ARGUMENT, OBJECT_CORRUPT when it may be a point that is damaged
 */
export async function findRestorable(
  { ledger, catalogue, repository }: FindingContext,
  prefix: string,
): Promise<Restorable> {
  const names = await catalogue.ask((store) => store.itemNames(prefix, prefixHitsMax));
  const ids = new Map(
    names.flatMap(({ id, instanceId, item }) =>
      item.kind === 'restore-point' ? [] : [[id, { instanceId, item }] as const],
    ),
  );
  const id = findByPrefix(prefix, ids.keys(), 'item');
  const found = id === null ? undefined : ids.get(id);
  if (found === undefined) {
    return { kind: 'restore-point', pointId: await findPoint(repository, prefix) };
  }
  if (id !== prefix) await refuseOther(repository, prefix, found.item);
  const { volumes } = await snapshotSource(ledger, found.instanceId, found.item);
  return { kind: 'snapshots', ...found, volumes };
}

/** A point that begins so as well. */
async function refuseOther(
  repository: Repository,
  prefix: string,
  { kind, id }: SnapshotItemRef,
): Promise<void> {
  try {
    const pointId = await findPoint(repository, prefix);
    throw new SnapledgerError(
      'AMBIGUOUS_ID',
      `'${prefix}' could be restore point ${pointId} or ${kind} ${id}`,
      { remedy: 'Give more of its characters.' },
    );
  } catch (error) {
    if (!hasErrorCode(error, 'UNKNOWN_POINT')) throw error;
  }
}
