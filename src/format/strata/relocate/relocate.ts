import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { condemnedPacks } from '../collect/condemned-packs.ts';
import type { RecordRef } from '../map/record-ref.ts';
import { RecordPackWriter } from '../pack/record-pack-writer.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { uncachedContext } from '../repository/repository-context.ts';
import { closeWriter } from '../writer/close-writer.ts';
import { discardWriter } from '../writer/discard-writer.ts';
import { registerWriter } from '../writer/register-writer.ts';
import { claimRelocation } from './claim-relocation.ts';
import { commitRelocation } from './commit-relocation.ts';
import { MapRewriter, type MovingBlock } from './map-rewriter.ts';
import { relocatablePoints } from './relocatable-points.ts';
import { type RelocatedVolume, relocatedVolumesMax } from './relocation.ts';

/** What one session moves. */
export interface RelocationWork {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  readonly signal: AbortSignal | undefined;
  /** Tells which records of these points have to move; null when there is nothing to be done. */
  readonly choose: (
    context: RepositoryContext,
    points: () => AsyncIterable<CurrentPoint>,
  ) => Promise<((ref: RecordRef) => boolean) | null>;
  /** The content of a block that has to move; null: it cannot be had, and stays where it is. */
  readonly contentOf: (
    context: RepositoryContext,
    block: MovingBlock,
    volume: CurrentPoint['volumes'][number],
  ) => Promise<Uint8Array | null>;
}

export interface RelocationResult {
  readonly pointsMoved: number;
  readonly bytesWritten: number;
  readonly blocksDamaged: number;
}

/** Blocks of one leaf that are read at the same time. */
const readsAtOnceMax = 8;

/**
 * Moves what `choose` says, as a session of its own, in the order of docs/strata.md, "Relocating". A
 * session that fails is discarded; of one that dies nothing has changed.
 */
export async function relocate(
  stale: RepositoryContext,
  work: RelocationWork,
): Promise<RelocationResult | null> {
  const { instanceId, sessionId } = work;
  const context = uncachedContext(stale);
  try {
    await registerWriter(context, sessionId, instanceId);
    try {
      const result = await moveAndCommit(context, work);
      if (result === null) await discardWriter(context, sessionId, instanceId);
      else await closeWriter(context, sessionId);
      return result;
    } catch (error) {
      // The first error says more than one of the removal, which a collection does again.
      await discardWriter(context, sessionId, instanceId).catch(() => undefined);
      throw error;
    }
  } finally {
    context.keyring.clear();
    context.catalog.clear();
  }
}

async function moveAndCommit(
  context: RepositoryContext,
  work: RelocationWork,
): Promise<RelocationResult | null> {
  const { instanceId, sessionId, signal } = work;
  // After the registration: what is condemned from now on awaits this session.
  const condemned = await condemnedPacks(context);
  await claimRelocation(context, sessionId, instanceId);
  const points = (): AsyncIterable<CurrentPoint> =>
    relocatablePoints(context, instanceId, condemned);
  const mustMove = await work.choose(context, points);
  if (mustMove === null) return null;

  const { objectStore, keys, keyring, random } = context;
  const session = await keyring.keysOf(sessionId);
  const options = { objectStore, repositoryKeys: keys, session, random };
  const blocks = new RecordPackWriter({ ...options, records: 'block' });
  const nodes = new RecordPackWriter({ ...options, records: 'map-node' });
  const { nodeIdKey } = keys;
  const rewriter = new MapRewriter({ reader: context.nodeReader, nodes, nodeIdKey, mustMove });
  const moved: RelocatedVolume[] = [];
  let blocksDamaged = 0;
  for await (const { manifest, volumes } of points()) {
    for (const volume of volumes) {
      signal?.throwIfAborted();
      if (moved.length === relocatedVolumesMax) break;
      const root = await rewriter.rewrite(volume.root, async (moving) => {
        const places = new Map<RecordRef, RecordRef>();
        for (let first = 0; first < moving.length; first += readsAtOnceMax) {
          signal?.throwIfAborted();
          const batch = moving.slice(first, first + readsAtOnceMax);
          const contents = await Promise.all(
            batch.map((block) => work.contentOf(context, block, volume)),
          );
          for (const [n, { ref }] of batch.entries()) {
            const content = contents[n] ?? null;
            if (content === null) blocksDamaged += 1;
            else places.set(ref, await blocks.write(ref.id, content));
          }
        }
        return places;
      });
      if (root.entry === volume.root.entry) continue;
      const { pointId } = manifest;
      moved.push({ pointId, volumeId: volume.volume.volumeId, root: root.entry });
    }
  }
  if (moved.length === 0) return null;
  await blocks.close();
  await nodes.close();
  signal?.throwIfAborted();
  await commitRelocation(context, { sessionId, instanceId, volumes: moved });
  return {
    pointsMoved: new Set(moved.map(({ pointId }) => pointId)).size,
    bytesWritten: blocks.bytesWritten + nodes.bytesWritten,
    blocksDamaged,
  };
}
