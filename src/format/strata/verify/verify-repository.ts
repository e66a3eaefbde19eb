import type {
  VerifyBudget,
  VerifyCoverage,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../../verification.ts';
import { blockCountOf } from '../../../domain/block-size.ts';
import { detailText } from '../../../domain/errors/detail-text.ts';
import type { BlockIndex, InstanceId, PointId } from '../../../domain/identifiers.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { PackRef } from '../map/record-ref.ts';
import type { MapRoot } from '../map/map-node.ts';
import { pointKey } from '../object/object-keys.ts';
import { currentPoint } from '../point/current-point.ts';
import { MapFollower } from '../point/map-follower.ts';
import type { StoredPoint, StoredVolume } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { uncachedContext } from '../repository/repository-context.ts';
import { isLost } from '../relocate/is-lost.ts';
import { type InstanceRelocations, relocationsOf } from '../relocate/relocations-of.ts';
import { PackHeaders } from '../pack/pack-headers.ts';
import { RecordPresence } from '../pack/record-presence.ts';
import { isOfAll, pointsToVerify } from './points-to-verify.ts';
import { choosePacks, type NeededPack } from './choose-packs.ts';
import { PackHeaderCheck } from './pack-header-check.ts';
import { SeenNodes } from './seen-nodes.ts';
import type { DataScope, VerifyCounts, VolumeCheck } from './verify-volume.ts';
import { verifyVolume } from './verify-volume.ts';
import { verifyWriters } from './verify-writers.ts';

/** Steps of a check between two reports of progress; a step is a run of blocks. */
const progressEverySteps = 256;
/** Volumes of which the last sound map is remembered. */
const soundMapsMax = 4096;

/**
 * Checks the points from the oldest on: manifests, every map node, the headers of the packs, that
 * every record can be where it is said to be and the key of its session opens, and with `deep` every block. What points share is
 * checked once. A deep check of all points ends with what sessions that have not ended need to go
 * on. Nothing is believed that was read before.
 *
 * @throws UNKNOWN_POINT, STORE_UNAVAILABLE, and the signal's reason when it aborts
 */
export async function* verifyRepository(
  context: RepositoryContext,
  options: VerifyOptions,
): AsyncGenerator<VerifyFinding | VerifyProgress | VerifyCoverage> {
  const uncached = uncachedContext(context);
  const { budget, ...rest } = options;
  try {
    if (budget !== undefined && options.depth === 'deep') {
      yield* verifySome(uncached, rest, budget);
      return;
    }
    yield* verifyPoints(uncached, options, { kind: 'all' });
    if (options.depth === 'structure' || !isOfAll(options)) return;
    yield* writerFindings(uncached, options.signal);
  } finally {
    uncached.keyring.clear();
    uncached.catalog.clear();
  }
}

function isSet(budget: VerifyBudget | ReadonlySet<string>): budget is ReadonlySet<string> {
  return budget instanceof Set;
}

/** The structure of the points, and the data of as many packs as the budget allows, or of these. */
async function* verifySome(
  context: RepositoryContext,
  options: VerifyOptions,
  budget: NonNullable<VerifyOptions['budget']>,
): AsyncGenerator<VerifyFinding | VerifyProgress | VerifyCoverage> {
  const { signal } = options;
  const noted = new Map<ObjectKey, PackRef>();
  const note = (pack: PackRef): void => void noted.set(pack.key, pack);
  const structure = { ...options, depth: 'structure' } as const;
  yield* verifyPoints(context, structure, { kind: 'noted', note });
  if (isOfAll(options)) yield* writerFindings(context, signal);

  const sizes = context.newPackSizes();
  const needed: NeededPack[] = [];
  for (const pack of noted.values()) {
    const sizeBytes = await sizes.sizeOf(pack);
    // One that is missing is damage of the structure, which has been told.
    if (sizeBytes !== null) needed.push({ key: pack.key, sizeBytes });
  }
  const chosen = isSet(budget)
    ? needed.filter(({ key }) => budget.has(key))
    : choosePacks(needed, budget);
  const keys = new Set(chosen.map(({ key }) => key));
  const damaged = new Set<string>();
  for await (const result of verifyPoints(context, options, { kind: 'packs', keys })) {
    if (result.kind === 'finding' && keys.has(result.objectKey)) damaged.add(result.objectKey);
    yield result;
  }
  const total = (packs: readonly NeededPack[]): number =>
    packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  yield {
    kind: 'coverage',
    soundObjects: [...keys].filter((key) => !damaged.has(key)),
    damagedObjects: [...damaged],
    bytes: total(chosen),
    objectsTotal: needed.length,
    bytesTotal: total(needed),
  };
}

async function* writerFindings(
  context: RepositoryContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<VerifyFinding> {
  for await (const { sessionId, objectKey, reason } of verifyWriters(context, signal)) {
    yield unlocated(sessionId, objectKey, reason);
  }
}

async function* verifyPoints(
  context: RepositoryContext,
  options: VerifyOptions,
  data: DataScope,
): AsyncGenerator<VerifyFinding | VerifyProgress> {
  const { total: pointsTotal, points } = await pointsToVerify(context, options);
  const counts: VerifyCounts = { mapNodesChecked: 0, blocksChecked: 0, bytesRead: 0 };
  const run: VerifyRun = {
    context,
    options,
    data,
    counts,
    seen: new SeenNodes(),
    presence: new RecordPresence(context.newPackSizes(), context.keyring),
    packHeaders: new PackHeaders(context.objectStore, context.keys.repositoryId),
    soundMaps: new BoundedCache(soundMapsMax),
  };
  let pointsChecked = 0;
  for await (const listed of points()) {
    options.signal?.throwIfAborted();
    const pointId = listed.kind === 'point' ? listed.point.manifest.pointId : listed.pointId;
    const progress = (): VerifyProgress => {
      return { kind: 'progress', pointId, pointsChecked, pointsTotal, ...counts };
    };
    if (listed.kind !== 'point') {
      // Told already, when this is the second look.
      if (data.kind !== 'packs') yield manifestFinding(listed);
    } else {
      for await (const step of verifyPoint(run, listed.point)) yield step ?? progress();
    }
    pointsChecked += 1;
    yield progress();
  }
}

interface VerifyRun {
  readonly context: RepositoryContext;
  readonly options: VerifyOptions;
  readonly data: DataScope;
  readonly counts: VerifyCounts;
  readonly seen: SeenNodes;
  readonly presence: RecordPresence;
  readonly packHeaders: PackHeaders;
  readonly soundMaps: BoundedCache<string, MapRoot>;
}

/** Yields findings, and null when it is time to tell the progress. */
async function* verifyPoint(
  run: VerifyRun,
  point: StoredPoint,
): AsyncGenerator<VerifyFinding | null> {
  const { context, data } = run;
  const relocations = await relocationsOf(context, point.manifest.instanceId);
  // Told already, when this is the second look.
  if (data.kind !== 'packs') {
    yield* relocationFindings(relocations, point);
    yield* lostRelocationFindings(context, relocations, point);
  }
  for (const volume of currentPoint(point, relocations.roots).volumes) {
    yield* verifyTarget(run, point, new MapFollower(context.catalog, point.manifest, volume));
  }
}

/** Where the maps of the instance begin is unknown when what tells of it is damaged. */
function* relocationFindings(
  { claims }: InstanceRelocations,
  { manifest }: StoredPoint,
): Generator<VerifyFinding> {
  const { pointId } = manifest;
  for (const claim of claims) {
    if (claim.state !== 'damaged') continue;
    for (const { volumeId, device, sizeBytes } of manifest.volumes) {
      yield {
        kind: 'finding',
        pointId,
        volumeId,
        device,
        objectKey: detailText(claim.error, 'objectKey') ?? '',
        range: null,
        firstBlock: 0 as BlockIndex,
        blockCount: blockCountOf(sizeBytes),
        reason: `what the volume needs may have been moved: ${detailText(claim.error, 'reason') ?? claim.error.message}`,
      };
    }
  }
}

/** What maps lead to from where they began before may be there all the same: that is looked at block by block. */
async function* lostRelocationFindings(
  context: RepositoryContext,
  { claims }: InstanceRelocations,
  { manifest: { pointId, instanceId, volumes } }: StoredPoint,
): AsyncGenerator<VerifyFinding> {
  for (const claim of claims) {
    if (!(await isLost(context, claim))) continue;
    const objectKey = pointKey(instanceId, claim.sessionId);
    const reason =
      'what the volume needs may have been moved: the object that says where to is missing';
    for (const { volumeId, device } of volumes) {
      yield { ...unlocated(pointId, objectKey, reason), volumeId, device };
    }
  }
}

/**
 * Checks one volume. When damage is met after its map was given another place, what was looked at may
 * have been collected since: then the map is checked anew where it begins now, and of that is told
 * what comes after.
 */
async function* verifyTarget(
  run: VerifyRun,
  point: StoredPoint,
  follower: MapFollower,
): AsyncGenerator<VerifyFinding | null> {
  const { soundMaps, seen } = run;
  const { pointId, instanceId } = point.manifest;
  const { volumeId, device } = follower.target.volume;
  const name = `${instanceId}/${volumeId}`;
  let outcome: 'sound' | 'damaged' = 'sound';
  let steps = 0;
  let toldUpTo = 0;
  let toldBeforeMove = 0;
  const toldHeaders = new Set<string>();
  for (let isWhole = false; !isWhole;) {
    isWhole = true;
    for await (const damage of verifyVolume(run.context, checkOf(run, follower.target, name))) {
      steps += 1;
      if (damage === null) {
        if (steps % progressEverySteps === 0) yield null;
        continue;
      }
      const judged = await follower.judge(damage);
      if (judged === 'moved') {
        isWhole = false;
        toldBeforeMove = toldUpTo;
        break;
      }
      outcome = 'damaged';
      const { objectKey, firstBlock, blockCount } = damage;
      if (blockCount === 0 ? toldHeaders.has(objectKey) : firstBlock < toldBeforeMove) continue;
      if (blockCount === 0) toldHeaders.add(objectKey);
      toldUpTo = Math.max(toldUpTo, firstBlock + blockCount);
      yield { kind: 'finding', pointId, volumeId, device, ...judged };
    }
    seen.finish(isWhole ? outcome : 'damaged');
  }
  if (outcome === 'sound') soundMaps.set(name, follower.target.root);
}

function checkOf(
  { options, data, counts, seen, presence, packHeaders, soundMaps }: VerifyRun,
  target: StoredVolume,
  name: string,
): VolumeCheck {
  const { depth, signal } = options;
  const soundBefore = soundMaps.get(name) ?? null;
  const headers = new PackHeaderCheck(packHeaders);
  return { target, depth, signal, seen, presence, headers, data, soundBefore, counts };
}

function manifestFinding({
  instanceId,
  pointId,
  error,
}: {
  readonly instanceId: InstanceId;
  readonly pointId: PointId;
  readonly error: Error;
}): VerifyFinding {
  const objectKey = pointKey(instanceId, pointId);
  return unlocated(pointId, objectKey, error.message);
}

/** What hurts a point without being at a place of one of its volumes. */
function unlocated(pointId: PointId, objectKey: string, reason: string): VerifyFinding {
  const nowhere = { volumeId: null, device: null, range: null, firstBlock: 0 as BlockIndex };
  return { kind: 'finding', pointId, objectKey, reason, ...nowhere, blockCount: 0 };
}
