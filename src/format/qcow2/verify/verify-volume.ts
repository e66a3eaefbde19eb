import type { BlockIndex, InstanceId } from '../../../domain/identifiers.ts';
import type { DamagedBlocks } from '../../restore-point.ts';
import { type ChainRun, readChain, type ChainImage } from '../image/image-chain.ts';
import { isDamage } from '../object/refusals.ts';
import { CurrentChain } from '../point/current-chain.ts';
import { damageOf } from '../point/damaged-blocks.ts';
import { isRemoved } from '../point/point-catalog.ts';
import { rangeOf } from '../point/record-reader.ts';
import type { ParentImage } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { CheckedParts } from './checked-parts.ts';

type DataRun = Extract<ChainRun, { readonly state: 'data' }>;

/** Records that are read at once, where they follow one another. */
const recordsAtOnceMax = 16;

export interface VerifyCounts {
  blocksChecked: number;
  bytesRead: number;
  pagesChecked: number;
}

export interface VolumeToVerify extends ParentImage {
  readonly instanceId: InstanceId;
  /** How many blocks it has. */
  readonly end: number;
}

/**
 * What is wrong with a volume of a point, as it is read through all images behind it: those that it
 * has at the end, for a merge may give it others meanwhile. Nothing is wrong with a removed point.
 */
export async function verifyVolume(
  context: RepositoryContext,
  volume: VolumeToVerify,
  parts: CheckedParts,
  counts: VerifyCounts,
  signal: AbortSignal | undefined,
): Promise<readonly DamagedBlocks[]> {
  const { instanceId, pointId, end } = volume;
  const chain = new CurrentChain(context, instanceId, volume);
  const { blocksChecked, pagesChecked } = counts;
  for (;;) {
    let images: readonly ChainImage[] = [];
    const damage: DamagedBlocks[] = [];
    try {
      images = await chain.images();
      const found = verifyImages(context, images, end, parts, counts, signal);
      for await (const each of found) damage.push(each);
    } catch (error) {
      if (!isDamage(error)) throw error;
      damage.push(damageOf(error, 0, end));
    }
    if (damage.length === 0) return [];
    if (!(await chain.hasChangedSince(images))) {
      // Asked last: once it is removed its images can go at any moment.
      return (await isRemoved(context.objectStore, instanceId, pointId)) ? [] : damage;
    }
    Object.assign(counts, { blocksChecked, pagesChecked });
  }
}

async function* verifyImages(
  context: RepositoryContext,
  chain: readonly ChainImage[],
  end: number,
  parts: CheckedParts,
  counts: VerifyCounts,
  signal: AbortSignal | undefined,
): AsyncGenerator<DamagedBlocks, void> {
  for (const image of chain) yield* verifyObjects(image, parts, counts);
  let at = 0;
  let runs: DataRun[] = [];
  while (at < end) {
    try {
      for await (const run of readChain(context, chain, at, end)) {
        signal?.throwIfAborted();
        at = run.first + run.count;
        counts.blocksChecked += run.count;
        if (runs.length > 0 && !follows(run, runs.at(-1), runs.length)) {
          yield* verifyRuns(context, runs, parts, counts);
          runs = [];
        }
        if (run.state === 'data' && parts.isWanted(run.part)) runs.push(run);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      const damage = damageOf(error, at, end);
      at = damage.firstBlock + damage.blockCount;
      yield damage;
    }
  }
  yield* verifyRuns(context, runs, parts, counts);
}

function follows(run: ChainRun, last: DataRun | undefined, records: number): boolean {
  return (
    run.state === 'data' &&
    records < recordsAtOnceMax &&
    last?.part.key === run.part.key &&
    last.record.ordinal + 1 === run.record.ordinal
  );
}

async function* verifyRuns(
  context: RepositoryContext,
  runs: readonly DataRun[],
  parts: CheckedParts,
  counts: VerifyCounts,
): AsyncGenerator<DamagedBlocks, void> {
  if (runs.length === 0) return;
  const { damage, bytesRead } = await parts.check(runs);
  counts.bytesRead += bytesRead;
  for (const [number, reason] of damage.entries()) {
    const run = runs[number];
    if (reason === null || run === undefined) continue;
    const blocks = { firstBlock: run.first as BlockIndex, blockCount: 1 };
    const where = { objectKey: run.part.key, range: rangeOf(context, run) };
    yield { kind: 'damage', ...where, ...blocks, reason };
  }
}

/** What the image is made of besides its index: its parts and the pieces between them. */
async function* verifyObjects(
  { description }: ChainImage,
  parts: CheckedParts,
  counts: VerifyCounts,
): AsyncGenerator<DamagedBlocks, void> {
  counts.pagesChecked += description.pages.length;
  const nowhere = { firstBlock: 0 as BlockIndex, blockCount: 0 };
  const where = { kind: 'damage', range: null, ...nowhere } as const;
  for (const piece of description.pieces) {
    const reason = await parts.checkPiece(piece);
    if (reason !== null) yield { ...where, objectKey: piece.key, reason };
  }
  for (const part of description.parts) {
    const reason = await parts.checkPart(part);
    if (reason !== null) yield { ...where, objectKey: part.key, reason };
  }
}
