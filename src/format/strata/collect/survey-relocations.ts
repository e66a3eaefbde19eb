import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import {
  allRelocationsPrefix,
  parseRelocationClaimKey,
  pointKey,
  relocationClaimKey,
} from '../object/object-keys.ts';
import { type CurrentRoots, rootName } from '../point/current-point.ts';
import type { Relocation } from '../relocate/relocation.ts';
import { type InstanceRelocations, relocationsOf } from '../relocate/relocations-of.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/** A session that has moved data, or has claimed to. */
export interface Mover {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  readonly claimKey: ObjectKey;
}

/** Whose relocation it is, with its claim or without. */
export function moverOf({ instanceId, sessionId, claim }: Relocation): Mover {
  const claimKey = relocationClaimKey({ instanceId, sessionId, number: claim });
  return { instanceId, sessionId, claimKey };
}

/** Relocations that tell nobody anything any more. */
export interface UselessRelocations {
  /** Committed, and later ones or removed points have left nothing of them; one may have lost its claim. */
  readonly replaced: readonly Mover[];
  /** Claims of sessions that were discarded, or whose relocation was removed. */
  readonly voidClaims: readonly ObjectKey[];
}

export interface RelocationSurvey {
  readonly rootsOf: (instanceId: InstanceId) => CurrentRoots;
  readonly useless: UselessRelocations;
  /** Relocations that say where maps begin, by the keys of their objects. */
  readonly inUse: ReadonlySet<ObjectKey>;
  /** The keys under `points/` of all sessions with a claim: none of them is a point. */
  readonly claimants: ReadonlySet<ObjectKey>;
  /** Relocations that cannot be read, of instances that have points: where their maps begin is unknown. */
  readonly damaged: readonly ObjectKey[];
}

/**
 * What is relocated of all instances.
 *
 * @param marked the points of which a removal mark was listed before, by their keys. A point that was
 *   not listed at all may be there: the listing is older than the relocations.
 */
export async function surveyRelocations(
  context: RepositoryContext,
  marked: ReadonlySet<ObjectKey>,
  signal: AbortSignal | undefined,
): Promise<RelocationSurvey> {
  const roots = new Map<InstanceId, CurrentRoots>();
  const replaced: Mover[] = [];
  const voidClaims: ObjectKey[] = [];
  const inUse = new Set<ObjectKey>();
  const claimants = new Set<ObjectKey>();
  const damaged: ObjectKey[] = [];
  for (const instanceId of await instancesWithClaims(context)) {
    signal?.throwIfAborted();
    const found = await relocationsOf(context, instanceId);
    roots.set(instanceId, found.roots);
    for (const claim of found.claims) {
      const { sessionId } = claim;
      const mover = { instanceId, sessionId, claimKey: relocationClaimKey(claim) };
      const objectKey = pointKey(instanceId, sessionId);
      if (claim.state !== 'void') claimants.add(objectKey);
      switch (claim.state) {
        case 'undecided':
          break;
        case 'void':
          voidClaims.push(mover.claimKey);
          break;
        case 'committed':
          if (isReplaced(claim.relocation, found, marked)) replaced.push(mover);
          else inUse.add(objectKey);
          break;
        case 'damaged':
          if (await mayBeNeeded(context, mover)) damaged.push(objectKey);
          else replaced.push(mover);
          break;
      }
    }
  }
  const nothing: CurrentRoots = new Map();
  return {
    rootsOf: (instanceId) => roots.get(instanceId) ?? nothing,
    useless: { replaced, voidClaims },
    inUse,
    claimants,
    damaged,
  };
}

async function instancesWithClaims({
  objectStore,
}: RepositoryContext): Promise<ReadonlySet<InstanceId>> {
  const instances = new Set<InstanceId>();
  for await (const { key } of objectStore.list(allRelocationsPrefix)) {
    const claim = parseRelocationClaimKey(key);
    if (claim !== null) instances.add(claim.instanceId);
  }
  return instances;
}

/** Whether each of its volumes is of a point of which a removal mark was listed. */
export function isOfRemovedPoints(
  { instanceId, volumes }: Relocation,
  marked: ReadonlySet<ObjectKey>,
): boolean {
  return volumes.every(({ pointId }) => marked.has(pointKey(instanceId, pointId)));
}

/** Whether each of its volumes has been moved again, or is of a point that was removed. */
function isReplaced(
  { instanceId, volumes }: Relocation,
  { roots }: InstanceRelocations,
  marked: ReadonlySet<ObjectKey>,
): boolean {
  return volumes.every(
    ({ pointId, volumeId, root }) =>
      roots.get(rootName(pointId, volumeId)) !== root || marked.has(pointKey(instanceId, pointId)),
  );
}

/**
 * Whether a relocation that cannot be read may say where a map begins. Listed anew: the points that it
 * moved were there before it, and so before it was found to be damaged.
 */
async function mayBeNeeded(
  { catalog }: RepositoryContext,
  { instanceId, sessionId }: Mover,
): Promise<boolean> {
  // Without a claim that only its session can have made it may be a point itself.
  if (!(await catalog.hasClaimed(instanceId, sessionId))) return true;
  for await (const { pointId } of catalog.places(instanceId)) {
    if (await mayBePoint(catalog, instanceId, pointId)) return true;
  }
  return false;
}

async function mayBePoint(
  catalog: RepositoryContext['catalog'],
  instanceId: InstanceId,
  pointId: PointId,
): Promise<boolean> {
  try {
    return (await catalog.slotOf(instanceId, pointId)).kind === 'point';
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    if (await catalog.isRemoved(instanceId, pointId)) return false;
    return !(await catalog.hasClaimed(instanceId, pointId));
  }
}
