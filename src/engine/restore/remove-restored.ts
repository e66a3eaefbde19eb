import type { Region } from '../../domain/identifiers.ts';
import type { StartedRestore } from '../../domain/restore-session/restore-session.ts';
import type { RestoreRemnant, SnapshotRestores } from '../../ports/cloud/volume-restores.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { withRetries } from '../retry/with-retries.ts';

/** Where a restore makes what it makes in the cloud. */
export interface RestoreRegion {
  readonly restores: SnapshotRestores;
  readonly region: Region;
}

/**
 * Removes everything that a restore has made, recorded or not: one that did not succeed
 * leaves nothing, but for volumes that their user has attached already. What it is of stays. What
 * instances and images hold is free, and found, once they are gone.
 */
export async function removeRestored(
  engine: EngineContext,
  place: RestoreRegion,
  restore: StartedRestore,
): Promise<void> {
  const recorded = restore.restored.flatMap(({ resourceId }) => resourceId ?? []);
  const holding = await findMade(engine, place, restore);
  await removeAll(
    engine,
    place,
    holding.filter(({ type }) => type === 'instance' || type === 'image'),
  );
  const found = await findMade(engine, place, restore);
  const unseen = recorded.filter((id) => !found.some(({ resourceId }) => resourceId === id));
  const volumes = unseen.map((resourceId) => ({ type: 'volume', resourceId }) as const);
  await removeAll(engine, place, [...volumes, ...found]);
}

/** Removes what a restore that is whole needed on its way: snapshots and an image, never a volume. */
export async function removeLeftovers(
  engine: EngineContext,
  place: RestoreRegion,
  restore: StartedRestore,
): Promise<void> {
  const found = await findMade(engine, place, restore);
  await removeAll(
    engine,
    place,
    found.filter(({ type }) => type === 'snapshot' || type === 'image'),
  );
}

function findMade(
  { clock, random, limits }: EngineContext,
  { restores, region }: RestoreRegion,
  { sessionId }: StartedRestore,
): Promise<readonly RestoreRemnant[]> {
  const retry = { policy: limits.retry, clock, random };
  return withRetries(() => restores.find(region, { sessionId }), retry);
}

async function removeAll(
  { clock, random, limits }: EngineContext,
  { restores, region }: RestoreRegion,
  remnants: readonly Pick<RestoreRemnant, 'type' | 'resourceId'>[],
): Promise<void> {
  const retry = { policy: limits.retry, clock, random };
  for (const remnant of remnants) await withRetries(() => restores.remove(region, remnant), retry);
}
