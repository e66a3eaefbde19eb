import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { RecordRef } from '../map/record-ref.ts';
import { RecordPackWriter } from '../pack/record-pack-writer.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { sessionLockOf } from '../lock/session-lock.ts';
import { MapRewriter, type MapRewriterOptions, type MovingBlock } from './map-rewriter.ts';
import { type RelocatedVolume, relocatedVolumesMax } from './relocation.ts';

/** What has to move, and what it holds. */
export interface RelocationChoice {
  readonly mustMove: MapRewriterOptions['mustMove'];
  /** Null: the content cannot be had, and the block stays where it is. */
  readonly contentOf: (
    block: MovingBlock,
    volume: CurrentPoint['volumes'][number],
  ) => Promise<Uint8Array | null>;
  /** How maps are read; default: as they are stored. */
  readonly reader?: MapRewriterOptions['reader'];
}

export interface RewriteRequest {
  /** Whose packs hold what is moved. */
  readonly sessionId: SessionId;
  readonly points: AsyncIterable<CurrentPoint>;
  readonly choice: RelocationChoice;
  readonly signal: AbortSignal | undefined;
}

/** Blocks of one leaf that are read at the same time. */
const readsAtOnceMax = 8;

/**
 * Stores anew what has to move of these points, and the maps that lead there. Points that are removed
 * meanwhile are left out; so are those beyond the number of volumes that one relocation can name,
 * and what they share with the others is stored once more when it is their turn.
 *
 * @throws OBJECT_CORRUPT when a map is damaged, unless the choice's reader leaves that where it is
 */
export async function rewritePoints(
  context: RepositoryContext,
  { sessionId, points, choice, signal }: RewriteRequest,
): Promise<{
  readonly volumes: readonly RelocatedVolume[];
  readonly bytesWritten: number;
  readonly blocksDamaged: number;
  /** The latest date of what the points need that were moved; null: nothing of them is locked. */
  readonly retainedUntil: TimestampMs | null;
}> {
  const { objectStore, keys, keyring, random, catalog } = context;
  const session = await keyring.keysOf(sessionId);
  const retainUntil = await sessionLockOf(context, sessionId);
  const options = { objectStore, repositoryKeys: keys, session, random, retainUntil };
  const blocks = new RecordPackWriter({ ...options, records: 'block' });
  const nodes = new RecordPackWriter({ ...options, records: 'map-node' });
  const { nodeIdKey } = keys;
  const { mustMove, contentOf, reader = context.nodeReader } = choice;
  const rewriter = new MapRewriter({ reader, nodes, nodeIdKey, mustMove });

  let damagedOfPoint = 0;
  const move = async (
    moving: readonly MovingBlock[],
    volume: CurrentPoint['volumes'][number],
  ): Promise<ReadonlyMap<RecordRef, RecordRef>> => {
    const places = new Map<RecordRef, RecordRef>();
    for (let first = 0; first < moving.length; first += readsAtOnceMax) {
      signal?.throwIfAborted();
      const batch = moving.slice(first, first + readsAtOnceMax);
      const contents = await Promise.all(batch.map((block) => contentOf(block, volume)));
      for (const [n, { ref }] of batch.entries()) {
        const content = contents[n] ?? null;
        if (content === null) damagedOfPoint += 1;
        // A copy, because the id is a view of the whole leaf, and the place is remembered.
        else places.set(ref, await blocks.write(ref.id.slice(), content));
      }
    }
    return places;
  };

  const volumes: RelocatedVolume[] = [];
  let blocksDamaged = 0;
  let retainedUntil: TimestampMs | null = null;
  for await (const point of points) {
    const { pointId, instanceId } = point.manifest;
    if (volumes.length + point.volumes.length > relocatedVolumesMax) break;
    damagedOfPoint = 0;
    const moved: RelocatedVolume[] = [];
    try {
      for (const volume of point.volumes) {
        signal?.throwIfAborted();
        const root = await rewriter.rewrite(volume.root, (moving) => move(moving, volume));
        if (root === volume.root) continue;
        moved.push({ pointId, volumeId: volume.volume.volumeId, root: root.entry });
      }
    } catch (error) {
      const isGone =
        hasErrorCode(error, 'OBJECT_CORRUPT') && (await catalog.isRemoved(instanceId, pointId));
      if (!isGone) throw error;
      continue;
    }
    if (damagedOfPoint > 0 && (await catalog.isRemoved(instanceId, pointId))) continue;
    blocksDamaged += damagedOfPoint;
    volumes.push(...moved);
    const ofPoint = point.retainedUntil;
    if (moved.length > 0 && ofPoint !== null && ofPoint > (retainedUntil ?? 0))
      retainedUntil = ofPoint;
  }
  if (volumes.length > 0) {
    await blocks.close();
    await nodes.close();
  }
  const bytesWritten = blocks.bytesWritten + nodes.bytesWritten;
  return { volumes, bytesWritten, blocksDamaged, retainedUntil };
}
