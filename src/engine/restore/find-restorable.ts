import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { DeviceName, InstanceId, PointId, VolumeId } from '../../domain/identifiers.ts';
import type { SnapshotItemRef } from '../../domain/retention/retention-plan.ts';
import type { Repository } from '../../format/repository.ts';
import { prefixHitsMax } from '../catalogue/catalogue-limits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { findPoint, unknownPoint } from '../point/find-point.ts';
import type { PointRecords } from '../point/missing-points.ts';
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

export interface FindingContext extends PointRecords {
  readonly repository: Repository;
}

/**
 * The one restore point, snapshot set or replica whose id begins with `prefix`; the id of a single
 * snapshot, or of a copy of one, leads to its set or replica. Points are looked for in the repository,
 * the others in the ledger.
 *
 * @throws UNKNOWN_POINT when there is neither, POINT_MISSING when it is one that is gone, UNKNOWN_ITEM when it exists no more, AMBIGUOUS_ID,
 *   INVALID_ARGUMENT, OBJECT_CORRUPT when it may be a point that is damaged
 */
export async function findRestorable(context: FindingContext, prefix: string): Promise<Restorable> {
  const { ledger, catalogue } = context;
  const names = await catalogue.ask((store) => store.itemNames(prefix, prefixHitsMax));
  const ids = new Map(
    names.flatMap(({ id, instanceId, item }) =>
      item.kind === 'restore-point' ? [] : [[id, { instanceId, item }] as const],
    ),
  );
  const exact = ids.get(prefix);
  if (exact !== undefined) return await snapshotsOf(ledger, exact);
  const pointId = await pointOrNull(context, prefix);
  const there = await stillThere(ledger, ids);
  if (pointId !== null) {
    const [other] = there.values();
    if (other !== undefined) throw ambiguous(prefix, pointId, other.item);
    return { kind: 'restore-point', pointId };
  }
  // When none is there any more, what becomes of the name is said of what it was.
  const named = there.size === 0 ? ids : there;
  const id = findByPrefix(prefix, named.keys(), 'item');
  const found = id === null ? undefined : named.get(id);
  if (found === undefined) throw unknownPoint(prefix);
  return await snapshotsOf(ledger, found);
}

/** Who has the name: a set or a replica, or a snapshot of one. */
interface Named {
  readonly instanceId: InstanceId;
  readonly item: SnapshotItemRef;
}

async function snapshotsOf(
  ledger: Ledger,
  { instanceId, item }: Named,
): Promise<Extract<Restorable, { readonly kind: 'snapshots' }>> {
  const { volumes } = await snapshotSource(ledger, instanceId, item);
  return { kind: 'snapshots', instanceId, item, volumes };
}

/** Names that are looked up one by one; of more than these nobody has given enough of the id. */
const lookedUpMax = 8;

/** What was removed keeps its name in the catalogue, and makes no other one ambiguous. */
async function stillThere(
  ledger: Ledger,
  ids: ReadonlyMap<string, Named>,
): Promise<ReadonlyMap<string, Named>> {
  if (ids.size > lookedUpMax) return ids;
  const there = new Map<string, Named>();
  for (const [id, named] of ids) if (!(await isGone(ledger, named))) there.set(id, named);
  return there;
}

async function isGone(ledger: Ledger, { instanceId, item }: Named): Promise<boolean> {
  try {
    await snapshotSource(ledger, instanceId, item);
    return false;
  } catch (error) {
    if (hasErrorCode(error, 'UNKNOWN_ITEM')) return true;
    // It is there, whatever else ails it.
    if (hasErrorCode(error, 'ITEM_BEING_REMOVED', 'INVALID_ARGUMENT')) return false;
    throw error;
  }
}

async function pointOrNull(context: FindingContext, prefix: string): Promise<PointId | null> {
  try {
    return await findPoint(context, context.repository, prefix);
  } catch (error) {
    if (!hasErrorCode(error, 'UNKNOWN_POINT')) throw error;
    return null;
  }
}

function ambiguous(
  prefix: string,
  pointId: PointId,
  { kind, id }: SnapshotItemRef,
): SnapledgerError {
  return new SnapledgerError(
    'AMBIGUOUS_ID',
    `'${prefix}' could be restore point ${pointId} or ${kind} ${id}`,
    { remedy: 'Give more of its characters.' },
  );
}
