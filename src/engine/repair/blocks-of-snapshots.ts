import { isSnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { blockSizeBytes } from '../../domain/block-size.ts';
import type { InstanceId, PointId, SnapshotId } from '../../domain/identifiers.ts';
import type { BlockPlace, BlocksElsewhere } from '../../format/repairer.ts';
import type { PointManifest } from '../../format/restore-point.ts';
import type { BlockSource } from '../../ports/block-source.ts';
import type { SnapshotDescription } from '../../ports/cloud/snapshots.ts';
import type { EngineContext } from '../engine-dependencies.ts';

/** Snapshots in which one block is looked for: the point's own, and those next to it in time. */
const snapshotsPerBlockMax = 8;

/** Gives what the snapshots of an instance have in the place of a block, and is to be closed. */
export interface BlocksOfSnapshots {
  readonly blocks: BlocksElsewhere;
  /** Why a snapshot that is there could not be read; null when none was met. */
  unread(): string | null;
  close(): Promise<void>;
}

/**
 * Reads blocks from the snapshots of an instance that are still there: first from that which the point
 * was made of. What cannot be read, for good, or is removed meanwhile, gives nothing. Nothing is asked
 * of the cloud before a block is.
 */
export function blocksOfSnapshots(
  { cloud }: Pick<EngineContext, 'cloud'>,
  instanceId: InstanceId,
  points: ReadonlyMap<PointId, PointManifest>,
): BlocksOfSnapshots {
  let listed: Promise<readonly SnapshotDescription[]> | null = null;
  let unread: string | null = null;
  /** Null when it failed in a way that trying again does not help against. */
  const unlessLost = async <Result>(work: Promise<Result>): Promise<Result | null> => {
    try {
      return await work;
    } catch (error) {
      if (!isSnapledgerError(error) || error.retry !== 'permanent') throw error;
      if (error.code !== 'SNAPSHOT_NOT_FOUND') unread ??= error.message;
      return null;
    }
  };
  const listing = async (): Promise<readonly SnapshotDescription[]> =>
    (await unlessLost(cloud.snapshots.listOf(instanceId))) ?? [];
  const sources = new Map<SnapshotId, Promise<BlockSource | null>>();
  const sourceOf = ({
    snapshotId,
    sizeBytes,
  }: SnapshotDescription): Promise<BlockSource | null> => {
    const known = sources.get(snapshotId);
    if (known !== undefined) return known;
    const opening = unlessLost(cloud.snapshotBlocks.open(snapshotId, sizeBytes));
    sources.set(snapshotId, opening);
    return opening;
  };
  return {
    async *blocks(place) {
      listed ??= listing();
      for (const snapshot of likeliest(await listed, place, points.get(place.pointId))) {
        const source = await sourceOf(snapshot);
        const content = source === null ? null : await unlessLost(readBlock(source, place));
        if (content !== null) yield content;
      }
    },
    unread: () => unread,
    async close() {
      const opened = await Promise.allSettled(sources.values());
      for (const one of opened) if (one.status === 'fulfilled') await one.value?.close();
    },
  };
}

/** The snapshots of the volume: that of the point, then those next to its moment. */
function likeliest(
  snapshots: readonly SnapshotDescription[],
  { volumeId }: BlockPlace,
  point: PointManifest | undefined,
): readonly SnapshotDescription[] {
  const distance = ({ setId, startedAt }: SnapshotDescription): number => {
    if (point === undefined) return 0;
    return setId === point.setId ? -1 : Math.abs(startedAt - point.takenAt);
  };
  return snapshots
    .filter((each) => each.volumeId === volumeId && each.state === 'completed')
    .toSorted((one, other) => distance(one) - distance(other))
    .slice(0, snapshotsPerBlockMax);
}

async function readBlock(
  source: BlockSource,
  { blockIndex, lengthBytes }: BlockPlace,
): Promise<Uint8Array | null> {
  const end = blockIndex * blockSizeBytes + lengthBytes;
  // Where the volume has another size by then, its last block may be another one.
  if (end > source.sizeBytes || (lengthBytes < blockSizeBytes && end < source.sizeBytes))
    return null;
  const into = new Uint8Array(lengthBytes);
  await source.read(blockIndex, 1, into);
  return into;
}
