import { blockCountOf } from '../../../domain/block-size.ts';
import type { PointId, VolumeId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { type ChainImage, type ChainRun, readChain } from '../image/image-chain.ts';
import type { ImagePart } from '../image/image-description.ts';
import { clusterBytes, entriesPerTable } from '../image/image-geometry.ts';
import { indexEntryBytes, recordBytesOf } from '../image/index-entry.ts';
import { imageOverheadMinBytes } from '../image/image-writer.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { mergeLimits } from './merge-limits.ts';

/** What a volume of a point takes over of the images behind it. */
export interface VolumeMerge {
  readonly volumeId: VolumeId;
  /** Its own image and those that become one with it. */
  readonly merged: readonly ChainImage[];
  /** The image that is behind them; null: none is. */
  readonly behind: ChainImage | null;
  /** Parts that are taken over as they are. */
  readonly wholeParts: readonly ImagePart[];
  /** Of the records in other parts, which are stored anew. */
  readonly bytesToCopy: number;
  readonly bytesToWrite: number;
}

/** Null when nothing behind the image is unwanted. @throws OBJECT_CORRUPT */
export async function planVolumeMerge(
  context: RepositoryContext,
  volumeId: VolumeId,
  chain: readonly ChainImage[],
  unwanted: ReadonlySet<PointId>,
): Promise<VolumeMerge | null> {
  const wanted = chain.findIndex(({ pointId }, number) => number > 0 && !unwanted.has(pointId));
  const end = wanted < 0 ? chain.length : wanted;
  if (end < 2) return null;
  const merged = chain.slice(0, end);
  const behind = chain[end] ?? null;
  const parts = new Map<ObjectKey, { readonly part: ImagePart; liveBytes: number }>();
  let entries = 0;
  const tables = new Set<number>();
  for await (const run of mergedRuns(context, merged, behind)) {
    entries += 1;
    const last = Math.floor((run.first + run.count - 1) / entriesPerTable);
    for (let table = Math.floor(run.first / entriesPerTable); table <= last; table += 1) {
      tables.add(table);
    }
    if (run.state !== 'data') continue;
    const known = parts.get(run.part.key) ?? { part: run.part, liveBytes: 0 };
    known.liveBytes += recordBytesOf(run.record);
    parts.set(run.part.key, known);
  }
  const all = [...parts.values()];
  const isWhole = ({ part, liveBytes }: (typeof all)[number]): boolean =>
    part.sizeBytes >= mergeLimits.wholePartMinBytes &&
    liveBytes >= part.sizeBytes * mergeLimits.liveShareMin;
  const bytesToCopy = all
    .filter((part) => !isWhole(part))
    .reduce((sum, { liveBytes }) => sum + liveBytes, 0);
  const metadataBytes =
    entries * indexEntryBytes + tables.size * clusterBytes + imageOverheadMinBytes;
  return {
    ...{ volumeId, merged, behind, bytesToCopy },
    wholeParts: all.filter(isWhole).map(({ part }) => part),
    bytesToWrite: bytesToCopy + metadataBytes,
  };
}

/** What the image has that several ones become, ascending: what it has no entry for is left out. */
export async function* mergedRuns(
  context: RepositoryContext,
  merged: readonly ChainImage[],
  behind: ChainImage | null,
): AsyncGenerator<ChainRun, void> {
  const [own] = merged;
  if (own === undefined) return;
  const end = blockCountOf(own.description.sizeBytes);
  // Beyond the end of the shortest of them nothing is seen of what is behind.
  const visibleEnd = merged.at(-1)?.blockCount ?? 0;
  for await (const run of readChain(context, merged, 0, end)) {
    if (run.state === 'data' || run.image !== null) {
      if (run.state !== 'absent' || behind !== null) yield run;
      continue;
    }
    const hidden = Math.max(run.first, visibleEnd);
    const count = run.first + run.count - hidden;
    if (behind !== null && count > 0) yield { ...run, first: hidden, count };
  }
}
