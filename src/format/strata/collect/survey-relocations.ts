import type { InstanceId, PointId, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import {
  allRelocationsPrefix,
  parseRelocationClaimKey,
  pointKey,
  relocationClaimKey,
} from '../object/object-keys.ts';
import { type CurrentRoots, rootName } from '../point/current-point.ts';
import {
  type ClaimedRelocation,
  type InstanceRelocations,
  relocationsOf,
} from '../relocate/relocations-of.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/** Relocations that tell nobody anything any more. */
export interface UselessRelocations {
  /** Committed, and later ones or removed points have left nothing of them. */
  readonly replaced: readonly {
    readonly instanceId: InstanceId;
    readonly sessionId: SessionId;
    readonly claimKey: ObjectKey;
  }[];
  /** Claims of sessions that were discarded, or whose relocation was removed. */
  readonly voidClaims: readonly ObjectKey[];
}

export interface RelocationSurvey {
  readonly rootsOf: (instanceId: InstanceId) => CurrentRoots;
  readonly useless: UselessRelocations;
  /** Keys of claims that cannot be read: where the maps of the instance's points begin is unknown. */
  readonly damaged: readonly ObjectKey[];
}

/** What is relocated of all instances. `places` are the points that were listed before. */
export async function surveyRelocations(
  context: RepositoryContext,
  places: readonly { readonly instanceId: InstanceId; readonly pointId: PointId }[],
  signal: AbortSignal | undefined,
): Promise<RelocationSurvey> {
  const listed = new Set(places.map(({ instanceId, pointId }) => pointKey(instanceId, pointId)));
  const roots = new Map<InstanceId, CurrentRoots>();
  const replaced: UselessRelocations['replaced'][number][] = [];
  const voidClaims: ObjectKey[] = [];
  const damaged: ObjectKey[] = [];
  for (const instanceId of await instancesWithClaims(context)) {
    signal?.throwIfAborted();
    const found = await relocationsOf(context, instanceId);
    roots.set(instanceId, found.roots);
    for (const claim of found.claims) {
      const claimKey = relocationClaimKey(instanceId, claim.number);
      if (claim.state === 'damaged') damaged.push(claimKey);
      else if (claim.state === 'void') voidClaims.push(claimKey);
      else if (claim.state === 'committed' && isReplaced(claim, found, instanceId, listed)) {
        replaced.push({ instanceId, sessionId: claim.relocation.sessionId, claimKey });
      }
    }
  }
  const nothing: CurrentRoots = new Map();
  return {
    rootsOf: (instanceId) => roots.get(instanceId) ?? nothing,
    useless: { replaced, voidClaims },
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

/** Whether each of its volumes has been moved again, or is of a point that is gone. */
function isReplaced(
  { relocation }: Extract<ClaimedRelocation, { readonly state: 'committed' }>,
  { roots }: InstanceRelocations,
  instanceId: InstanceId,
  listed: ReadonlySet<ObjectKey>,
): boolean {
  return relocation.volumes.every(
    ({ pointId, volumeId, root }) =>
      roots.get(rootName(pointId, volumeId)) !== root || !listed.has(pointKey(instanceId, pointId)),
  );
}
