import { blockCountOf } from '../../../domain/block-size.ts';
import type { PointId } from '../../../domain/identifiers.ts';
import type { DamagedBlocks, PointVolume } from '../../restore-point.ts';
import type {
  VerifyCoverage,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../../verification.ts';
import { damageReason } from '../object/refusals.ts';
import { type ListedPoint, listStoredPoints, requirePoint } from '../point/point-catalog.ts';
import type { CommittedPoint } from '../point/stored-point.ts';
import { type RepositoryContext, uncachedContext } from '../repository-context.ts';
import { choosePartsToCheck } from './choose-parts.ts';
import { CheckedParts } from './checked-parts.ts';
import { verifyVolume, type VerifyCounts } from './verify-volume.ts';

/**
 * Checks the points: what says where their data is and the tables of their images, that each part
 * is there, and with `deep` each block. What points share is read once.
 *
 * @throws UNKNOWN_POINT, and the signal's reason
 */
export async function* verifyPoints(
  cached: RepositoryContext,
  options: VerifyOptions,
): AsyncGenerator<VerifyFinding | VerifyProgress | VerifyCoverage, void> {
  const context = uncachedContext(cached);
  const { signal, budget, depth } = options;
  signal?.throwIfAborted();
  const points = await pointsOf(context, options);
  const chosen =
    budget === undefined || depth === 'structure'
      ? null
      : await choosePartsToCheck(context, points, budget);
  const parts = new CheckedParts(context, depth, chosen?.keys ?? 'all');
  const counts = { blocksChecked: 0, bytesRead: 0, pagesChecked: 0 };
  for (const [number, listed] of points.entries()) {
    signal?.throwIfAborted();
    if (listed.kind === 'damage') yield findingOf(listed);
    else yield* verifyPoint(context, listed.point, parts, counts, signal);
    const { blocksChecked, bytesRead, pagesChecked: mapNodesChecked } = counts;
    yield {
      ...{ kind: 'progress', pointId: pointIdOf(listed), pointsChecked: number + 1 },
      ...{ pointsTotal: points.length, mapNodesChecked, blocksChecked, bytesRead },
    };
  }
  if (chosen !== null) yield parts.coverage(chosen);
}

async function pointsOf(
  context: RepositoryContext,
  { pointId, instanceId }: VerifyOptions,
): Promise<readonly ListedPoint[]> {
  if (pointId === undefined) return await Array.fromAsync(listStoredPoints(context, instanceId));
  return [{ kind: 'point', point: await requirePoint(context, pointId) }];
}

async function* verifyPoint(
  context: RepositoryContext,
  { manifest }: CommittedPoint,
  parts: CheckedParts,
  counts: VerifyCounts,
  signal: AbortSignal | undefined,
): AsyncGenerator<VerifyFinding, void> {
  for (const volume of manifest.volumes) {
    const { pointId, instanceId } = manifest;
    const { volumeId, sizeBytes } = volume;
    const image = { instanceId, pointId, volumeId, end: blockCountOf(sizeBytes) };
    for (const damage of await verifyVolume(context, image, parts, counts, signal)) {
      parts.report(damage.objectKey);
      yield located(pointId, volume, damage);
    }
  }
}

function located(
  pointId: PointId,
  { volumeId, device }: PointVolume,
  damage: DamagedBlocks,
): VerifyFinding {
  return { ...damage, kind: 'finding', pointId, volumeId, device };
}

function findingOf({
  pointId,
  objectKey,
  error,
}: Extract<ListedPoint, { readonly kind: 'damage' }>): VerifyFinding {
  const nowhere = { range: null, firstBlock: 0 as VerifyFinding['firstBlock'], blockCount: 0 };
  const damage = { objectKey, reason: damageReason(error), ...nowhere };
  return { ...damage, kind: 'finding', pointId, volumeId: null, device: null };
}

function pointIdOf(listed: ListedPoint): PointId {
  return listed.kind === 'point' ? listed.point.manifest.pointId : listed.pointId;
}
