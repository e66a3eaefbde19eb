import type { SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectKey, Retention } from '../../../ports/object-store.ts';
import { PackMarker } from '../collect/pack-marker.ts';
import type { MapRoot } from '../map/map-node.ts';
import { headerObjectKey, sessionKeyKey, slotTableKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { latestSlotTableNumber } from '../slots/slot-tables.ts';
import type { PointLock } from './lock-generation.ts';

/** Locks prolonged at the same time. */
const concurrentExtendsMax = 8;

/** What a point that is about to be made leads to, and until when that is locked as far as is known. */
export interface PointNeeds {
  readonly sessionId: SessionId;
  readonly roots: readonly MapRoot[];
  /** What the session itself has stored. */
  readonly ownUntil: TimestampMs;
  /** All that is taken over from parents, as their manifests say; null: nothing is. */
  readonly takenOverUntil: TimestampMs | null;
}

/**
 * Sees to it that all that the point needs is locked until its date at least, before it exists. What is known to be
 * locked for long enough is not asked for, so that a point which shares what another one of the generation has
 * prolonged costs requests for the header and the key slots, and no others. Idempotent.
 *
 * @returns until when all of it is locked
 */
export async function retainNeeds(
  context: RepositoryContext,
  retention: Retention,
  { until, retainUntil }: PointLock,
  needs: PointNeeds,
): Promise<TimestampMs> {
  await retainWayIn(context, retention, retainUntil);
  const { sessionId, ownUntil, takenOverUntil } = needs;
  const isOwnEnough = ownUntil >= until;
  const isRestEnough = takenOverUntil === null || takenOverUntil >= until;
  if (!isOwnEnough || !isRestEnough) {
    const marker = new PackMarker(context.nodeReader);
    for (const root of needs.roots) await marker.markMap(root);
    const isEnough = (of: SessionId): boolean => (of === sessionId ? isOwnEnough : isRestEnough);
    const keys = [...marker.sessions].filter((of) => !isEnough(of)).map(sessionKeyKey);
    const packs = [...marker.packs].filter(([, of]) => !isEnough(of)).map(([pack]) => pack);
    await extendAll(retention, [...keys, ...packs], retainUntil);
  }
  const dates = [
    retainUntil,
    ...(isOwnEnough ? [ownUntil] : []),
    ...(isRestEnough && takenOverUntil !== null ? [takenOverUntil] : []),
  ];
  return Math.min(...dates) as TimestampMs;
}

/** Without the header and the table of key slots no key of any session opens. */
async function retainWayIn(
  { objectStore, keys: { repositoryId } }: RepositoryContext,
  retention: Retention,
  retainUntil: TimestampMs,
): Promise<void> {
  const number = await latestSlotTableNumber(objectStore, repositoryId);
  const table = number === 0 ? [] : [slotTableKey(repositoryId, number)];
  await extendAll(retention, [headerObjectKey, ...table], retainUntil);
}

export async function extendAll(
  retention: Retention,
  keys: readonly ObjectKey[],
  until: TimestampMs,
): Promise<void> {
  for (let first = 0; first < keys.length; first += concurrentExtendsMax) {
    const batch = keys.slice(first, first + concurrentExtendsMax);
    await Promise.all(batch.map((key) => retention.extend(key, until)));
  }
}
