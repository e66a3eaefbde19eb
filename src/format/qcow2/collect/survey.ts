import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectInfo, ObjectKey } from '../../../ports/object-store.ts';
import type { CollectionPlan, ObjectTotals } from '../../collection.ts';
import { readImageDescription } from '../image/image-description.ts';
import { type ImagePlace, objectKeys, sessionInKey } from '../object/object-keys.ts';
import { isDamage } from '../object/refusals.ts';
import { currentVolumes, mergedImages } from '../point/merged-images.ts';
import { type ListedPoint, listStoredPoints } from '../point/point-catalog.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { listMailboxes } from './list-mailboxes.ts';
import { listOpenWriters } from './list-open-writers.ts';

export interface Survey {
  readonly plan: CollectionPlan;
  /** Needed by nobody, whoever goes on. */
  readonly removable: readonly ObjectInfo[];
  /** Merges that a later one has replaced, and points that were removed and made again. */
  readonly leftovers: readonly ObjectKey[];
  /** Of sessions that can make no point any more. */
  readonly leftMailboxes: readonly SessionId[];
}

/**
 * What the store has, and what of it is needed. The order makes it safe without a lock: what was
 * written is listed first, then who may still use it, then what counts.
 *
 * @throws COLLECTION_BLOCKED when a point cannot be read
 */
export async function survey(
  context: RepositoryContext,
  signal: AbortSignal | undefined,
): Promise<Survey> {
  const { objectStore } = context;
  const written = [
    ...(await Array.fromAsync(objectStore.list(objectKeys.allParts))),
    ...(await Array.fromAsync(objectStore.list(objectKeys.allImages))),
  ];
  signal?.throwIfAborted();
  const openWriters = await listOpenWriters(context);
  const open = new Set<SessionId>(openWriters.map(({ sessionId }) => sessionId));
  const points = await Array.fromAsync(listStoredPoints(context));
  const needed = await neededObjects(context, points);
  signal?.throwIfAborted();

  const inUse: ObjectInfo[] = [];
  const removable: ObjectInfo[] = [];
  for (const object of written) {
    const sessionId = sessionInKey(object.key);
    const isOpen = sessionId !== null && open.has(sessionId);
    (isOpen || needed.has(object.key) ? inUse : removable).push(object);
  }
  const leftovers = [...(await replacedMerges(context)), ...(await removedPoints(context))];
  const mailboxes = await listMailboxes(context);
  const leftMailboxes = mailboxes.flatMap(({ sessionId, writer }) =>
    writer === 'ended' ? [sessionId] : [],
  );
  const plan: CollectionPlan = {
    inUse: totalsOf(inUse),
    removable: totalsOf(removable),
    awaiting: totalsOf([]),
    held: { objects: 0, bytes: 0, until: null },
    unexplained: totalsOf([]),
    leftovers: leftovers.length + leftMailboxes.length,
    openWriters,
  };
  return { plan, removable, leftovers, leftMailboxes };
}

export function totalsOf(objects: readonly ObjectInfo[]): ObjectTotals {
  const bytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { objects: objects.length, bytes };
}

/** Every object of every image that a point has now. */
async function neededObjects(
  context: RepositoryContext,
  points: readonly ListedPoint[],
): Promise<ReadonlySet<ObjectKey>> {
  const needed = new Set<ObjectKey>();
  const instances = new Set<InstanceId>();
  try {
    for (const listed of points) {
      if (listed.kind === 'damage') throw listed.error;
      instances.add(listed.point.manifest.instanceId);
    }
    for (const instanceId of instances) {
      // After the points: a merge that lets one of them go is seen with it or before it.
      const merged = await mergedImages(context, instanceId);
      for (const listed of points) {
        if (listed.kind === 'damage' || listed.point.manifest.instanceId !== instanceId) continue;
        const { manifest, volumes } = listed.point;
        const current = currentVolumes({ pointId: manifest.pointId, volumes }, merged);
        for (const { image } of current) await addImage(context, image, needed);
      }
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new SnapledgerError(
      'COLLECTION_BLOCKED',
      `what a damaged point needs cannot be told: ${error.message}`,
      {
        cause: error,
        remedy: "Remove the point ('snapledger verify' names it), and collect then.",
      },
    );
  }
  return needed;
}

async function addImage(
  context: RepositoryContext,
  image: ImagePlace,
  needed: Set<ObjectKey>,
): Promise<void> {
  const { parts, pages, pieces } = await readImageDescription(context, image);
  needed.add(objectKeys.description(image));
  needed.add(objectKeys.partList(image));
  for (const number of pages.keys()) needed.add(objectKeys.indexPage(image, number));
  for (const { key } of [...parts, ...pieces]) needed.add(key);
}

async function replacedMerges({ objectStore }: RepositoryContext): Promise<readonly ObjectKey[]> {
  const last = new Map<string, ObjectKey>();
  const replaced: ObjectKey[] = [];
  for await (const { key } of objectStore.list(objectKeys.merges())) {
    const folder = key.slice(0, key.lastIndexOf('/'));
    const before = last.get(folder);
    if (before !== undefined) replaced.push(before);
    last.set(folder, key);
  }
  return replaced;
}

/** Objects at the keys of points that have a mark of their removal. */
async function removedPoints({ objectStore }: RepositoryContext): Promise<readonly ObjectKey[]> {
  const removed = new Set<string>();
  for await (const { key } of objectStore.list(objectKeys.removals())) {
    removed.add(key.replace(/^removed\//, 'points/'));
  }
  const left: ObjectKey[] = [];
  for await (const { key } of objectStore.list(objectKeys.points())) {
    if (removed.has(key)) left.push(key);
  }
  return left;
}
