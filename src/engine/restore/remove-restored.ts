import type { SessionId } from '../../domain/identifiers.ts';
import type { StartedRestore } from '../../domain/restore-session/restore-session.ts';
import {
  type RestoreRemnant,
  volumeIdOfLocation,
  type VolumeRestores,
} from '../../ports/cloud/volume-restores.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { withRetries } from '../retry/with-retries.ts';

/**
 * Removes every volume and snapshot that a restore has made, recorded or not: one that did not succeed
 * leaves nothing, but for volumes that their user has attached already.
 */
export async function removeRestored(
  engine: EngineContext,
  restores: VolumeRestores,
  { sessionId, restored }: StartedRestore,
): Promise<void> {
  // An instance is not forgotten while it has an open session, so places that are recorded are known;
  // and by its tags whatever exists is found in any case.
  const recorded = restored.flatMap(({ location }) =>
    location?.kind === 'known' ? [volumeIdOfLocation(location.value)] : [],
  );
  const found = await findMade(engine, restores, sessionId);
  const unseen = recorded.filter((id) => !found.some(({ resourceId }) => resourceId === id));
  const volumes = unseen.map((resourceId) => ({ type: 'volume', resourceId }) as const);
  await removeAll(engine, restores, [...volumes, ...found]);
}

/** Removes what a restore that is whole needed on its way: the snapshots, never a volume. */
export async function removeLeftovers(
  engine: EngineContext,
  restores: VolumeRestores,
  { sessionId }: StartedRestore,
): Promise<void> {
  const found = await findMade(engine, restores, sessionId);
  await removeAll(
    engine,
    restores,
    found.filter(({ type }) => type === 'snapshot'),
  );
}

function findMade(
  { clock, random, limits }: EngineContext,
  restores: VolumeRestores,
  sessionId: SessionId,
): Promise<readonly RestoreRemnant[]> {
  return withRetries(() => restores.find({ sessionId }), { policy: limits.retry, clock, random });
}

async function removeAll(
  { clock, random, limits }: EngineContext,
  restores: VolumeRestores,
  remnants: readonly Pick<RestoreRemnant, 'type' | 'resourceId'>[],
): Promise<void> {
  const retry = { policy: limits.retry, clock, random };
  for (const remnant of remnants) await withRetries(() => restores.remove(remnant), retry);
}
