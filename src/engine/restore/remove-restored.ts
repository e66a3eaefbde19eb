import type { StartedRestore } from '../../domain/restore-session/restore-session.ts';
import { volumeIdOfLocation, type VolumeRestores } from '../../ports/cloud/volume-restores.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { withRetries } from '../retry/with-retries.ts';

/**
 * Removes every volume and snapshot that a restore has made, recorded or not: one that did not succeed
 * leaves nothing.
 */
export async function removeRestored(
  { clock, random, limits }: EngineContext,
  restores: VolumeRestores,
  { sessionId, restored }: StartedRestore,
): Promise<void> {
  const retry = { policy: limits.retry, clock, random };
  // An instance is not forgotten while it has an open session, so places that are recorded are known; and by
  // its tags whatever exists is found in any case.
  const recorded = restored.flatMap(({ location }) =>
    location?.kind === 'known' ? [volumeIdOfLocation(location.value)] : [],
  );
  const found = await withRetries(() => restores.find({ sessionId }), retry);
  const unseen = recorded.filter((id) => !found.some(({ resourceId }) => resourceId === id));
  for (const resourceId of unseen) {
    await withRetries(() => restores.remove({ type: 'volume', resourceId }), retry);
  }
  for (const remnant of found) await withRetries(() => restores.remove(remnant), retry);
}
