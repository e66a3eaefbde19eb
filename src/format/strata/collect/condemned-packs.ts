import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { MapRoot } from '../map/map-node.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { Generation } from './generation.ts';
import { latestGeneration } from './generations.ts';
import { PackMarker } from './pack-marker.ts';

/** The packs that a session which plans now must not refer to. @throws OBJECT_CORRUPT */
export async function condemnedPacks(
  context: Pick<RepositoryContext, 'objectStore' | 'keys'>,
): Promise<ReadonlySet<ObjectKey>> {
  return packsOf(await latestGeneration(context));
}

function packsOf({ batches }: Generation): ReadonlySet<ObjectKey> {
  return new Set(batches.flatMap(({ packs }) => packs));
}

/**
 * Refuses a parent whose map leads to anything that is condemned: it may be gone before the new
 * point is made. Rare: the parent was made, by a session that was at work, after what it shares
 * with a removed point had been condemned.
 *
 * @throws PARENT_CONDEMNED, OBJECT_CORRUPT
 */
export async function refuseCondemnedParent(
  { nodeReader }: Pick<RepositoryContext, 'nodeReader'>,
  root: MapRoot,
  condemned: ReadonlySet<ObjectKey>,
): Promise<void> {
  // As long as a collection waits for nobody, nothing is condemned, and no map is read for this.
  if (condemned.size === 0) return;
  const marker = new PackMarker(nodeReader);
  await marker.markMap(root);
  const pack = [...marker.packs.keys()].find((key) => condemned.has(key));
  if (pack === undefined) return;
  throw new SnapledgerError(
    'PARENT_CONDEMNED',
    `the point to compare with needs ${pack}, which is being collected`,
    {
      remedy: 'Plan without a parent: everything is stored anew.',
      details: { objectKey: pack },
    },
  );
}
