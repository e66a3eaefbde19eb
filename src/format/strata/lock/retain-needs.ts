import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectKey, Retention } from '../../../ports/object-store.ts';
import { PackMarker } from '../collect/pack-marker.ts';
import type { MapRoot } from '../map/map-node.ts';
import {
  headerObjectKey,
  packsPrefix,
  sessionKeyKey,
  slotTableKey,
} from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { latestSlotTable, latestSlotTableNumber } from '../slots/slot-tables.ts';
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
 * locked for long enough is not prolonged, so that a point which shares what another one of the generation has
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
  if (isOwnEnough) await retainOwnPacks(context, retention, sessionId, { until, retainUntil });
  if (!isOwnEnough || !isRestEnough) {
    const marker = new PackMarker(context.nodeReader);
    for (const root of needs.roots) await marker.markMap(root);
    const keysOf = (isOf: (of: SessionId) => boolean): readonly ObjectKey[] => [
      ...[...marker.sessions].filter(isOf).map(sessionKeyKey),
      ...[...marker.packs].filter(([, of]) => isOf(of)).map(([pack]) => pack),
    ];
    if (!isOwnEnough)
      await extendAll(
        retention,
        keysOf((of) => of === sessionId),
        retainUntil,
      );
    // Whether a parent may be built upon is decided when the plan is made: what is lost of it, and no block of the
    // plan was to be compared with, keeps no point from being made.
    const rest = isRestEnough ? [] : keysOf((of) => of !== sessionId);
    await extendAll(retention, rest, retainUntil, 'left-out');
  }
  const dates = [
    retainUntil,
    ...(isOwnEnough ? [ownUntil] : []),
    ...(isRestEnough && takenOverUntil !== null ? [takenOverUntil] : []),
  ];
  return Math.min(...dates) as TimestampMs;
}

/** A worker stores them, which may be another one than was launched: so that what it says of locks is not believed. */
async function retainOwnPacks(
  { objectStore }: RepositoryContext,
  retention: Retention,
  sessionId: SessionId,
  { until, retainUntil }: PointLock,
): Promise<void> {
  const packs = (await Array.fromAsync(objectStore.list(packsPrefix(sessionId)))).map(
    ({ key }) => key,
  );
  for (let first = 0; first < packs.length; first += concurrentExtendsMax) {
    const batch = packs.slice(first, first + concurrentExtendsMax);
    const dates = await Promise.all(batch.map((key) => retention.heldUntil(key)));
    const tooShort = batch.filter((_, index) => (dates[index] ?? 0) < until);
    await extendAll(retention, tooShort, retainUntil);
  }
}

/** Without the header and the table of key slots no key of any session opens. */
async function retainWayIn(
  context: RepositoryContext,
  retention: Retention,
  retainUntil: TimestampMs,
): Promise<void> {
  await retention.extend(headerObjectKey, retainUntil);
  const { repositoryId, slotTableNumber } = context.keys;
  const inForce = await ownSlotTable(context);
  if (inForce === 0) return;
  try {
    await retention.extend(slotTableKey(repositoryId, inForce), retainUntil);
  } catch (error) {
    // Whoever has replaced the one that opened the repository has locked theirs.
    if (inForce !== slotTableNumber || !hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
  }
}

/**
 * The number of the table in force; or of the one that opened the repository, when nothing shows that a later one is
 * no forgery: that must not be locked, or nobody could remove it.
 */
async function ownSlotTable({ objectStore, keys }: RepositoryContext): Promise<number> {
  const { repositoryId, slotTableNumber, epochs } = keys;
  if ((await latestSlotTableNumber(objectStore, repositoryId)) <= slotTableNumber) {
    return slotTableNumber;
  }
  try {
    const latest = await latestSlotTable(objectStore, repositoryId);
    const epoch = latest === null ? undefined : epochs[latest.epoch];
    if (latest === null || epoch === undefined) return slotTableNumber;
    return latest.isAuthentic(epoch.slotTableKey) ? latest.number : slotTableNumber;
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT', 'REPOSITORY_VERSION')) throw error;
    return slotTableNumber;
  }
}

/** @param lost what becomes of an object that is not there: nobody can keep it for longer */
export async function extendAll(
  retention: Retention,
  keys: readonly ObjectKey[],
  until: TimestampMs,
  lost: 'refused' | 'left-out' = 'refused',
): Promise<void> {
  const extend = async (key: ObjectKey): Promise<void> => {
    try {
      await retention.extend(key, until);
    } catch (error) {
      if (lost === 'refused' || !hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    }
  };
  for (let first = 0; first < keys.length; first += concurrentExtendsMax) {
    const batch = keys.slice(first, first + concurrentExtendsMax);
    await Promise.all(batch.map(extend));
  }
}
