import { assert } from '../../../domain/errors/assert.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import { blockLengthBytes } from '../../../domain/block-size.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { RepackOptions, RepackOutcome, RepackPlan } from '../../relocator.ts';
import { MapWalk } from '../map/map-walk.ts';
import { readBlockIfSound } from '../point/read-block-record.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import { MapFollower } from '../point/map-follower.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { uncachedContext } from '../repository/repository-context.ts';
import { choosePacksToRepack, type RepackChoice } from './choose-packs-to-repack.ts';
import { PackUsage, type SparsePack } from './pack-usage.ts';
import { relocatablePoints } from './relocatable-points.ts';
import { relocate } from './relocate.ts';
import { requirePlace } from './require-place.ts';
import { requireRelocations } from './require-relocations.ts';

/** A pack is worth repacking when at most this much of it is needed. */
const liveShareMax = 0.5;

/** What repacking would do now. @throws as `Relocator.planRepack` */
export async function planRepack(
  stale: RepositoryContext,
  instanceId: InstanceId,
  options: RepackOptions,
): Promise<RepackPlan> {
  await requireRelocations(stale);
  const context = uncachedContext(stale);
  try {
    await requirePlace(context, instanceId);
    const points = relocatablePoints(context, instanceId);
    return planOf(await choicesOf(context, points, options));
  } finally {
    context.keyring.clear();
    context.catalog.clear();
  }
}

/** @throws as `Relocator.repack` */
export async function repack(
  context: RepositoryContext,
  instanceId: InstanceId,
  sessionId: SessionId,
  options: RepackOptions,
): Promise<RepackOutcome> {
  await requireRelocations(context);
  return await relocate(context, {
    instanceId,
    sessionId,
    signal: options.signal,
    choose: async (fresh, points) => {
      const choice = await choicesOf(fresh, points(), options);
      const chosen = new Set<ObjectKey>(choice.chosen.map(({ pack }) => pack.key));
      if (chosen.size === 0) return null;
      return {
        mustMove: ({ pack }) => chosen.has(pack.key),
        contentOf: ({ ref, blockIndex }, { volume }) =>
          readBlockIfSound(fresh, ref, blockLengthBytes(volume.sizeBytes, blockIndex)),
      };
    },
  });
}

async function choicesOf(
  context: RepositoryContext,
  points: AsyncIterable<CurrentPoint>,
  { maxBytes, signal }: RepackOptions,
): Promise<RepackChoice> {
  assert(maxBytes >= 1, 'something may be written');
  const { catalog } = context;
  const sizes = context.newPackSizes();
  const usage = new PackUsage({ liveShareMax, sizeOf: (pack) => sizes.sizeOf(pack) });
  const maps = new MapWalk(context.nodeReader, (ref) => usage.note(ref));
  for await (const { manifest, volumes } of points) {
    try {
      for (const volume of volumes) {
        signal?.throwIfAborted();
        await new MapFollower(catalog, manifest, volume).read((root) => maps.walk(root));
      }
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
      // Of one that was removed since the listing nothing is needed.
      if (!(await catalog.isRemoved(manifest.instanceId, manifest.pointId))) throw error;
    }
  }
  return choosePacksToRepack(await removablePacks(context, usage.packs()), { maxBytes });
}

/** A pack that nobody can remove yet frees nothing when it is repacked. */
async function removablePacks(
  { objectStore: { retention }, clock }: RepositoryContext,
  packs: Iterable<SparsePack>,
): Promise<readonly SparsePack[]> {
  if (retention === null) return [...packs];
  const removable: SparsePack[] = [];
  for (const sparse of packs) {
    const until = await retention.heldUntil(sparse.pack.key);
    if (until === null || until <= clock.now()) removable.push(sparse);
  }
  return removable;
}

function planOf({ chosen, left }: RepackChoice): RepackPlan {
  const totals = (packs: readonly SparsePack[]): RepackPlan['sparse'] => ({
    objects: packs.length,
    bytes: packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });
  return {
    sparse: totals(chosen),
    liveBytes: chosen.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
    left: totals(left),
  };
}
