import { blockCountOf, blockLengthBytes } from '../../../domain/block-size.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import { mapInOrder } from '../../flow/map-in-order.ts';
import type { DamagedBlocks, RestoredBlocks } from '../../restore-point.ts';
import { type ChainImage, type ChainRun, readChain } from '../image/image-chain.ts';
import { clusterBytes } from '../image/image-geometry.ts';
import { isDamage } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { CurrentChain } from './current-chain.ts';
import { damageOf } from './damaged-blocks.ts';
import { rangeOf, readClusters, type ReadCluster } from './record-reader.ts';

type DataRun = Extract<ChainRun, { readonly state: 'data' }>;
type Step =
  | { readonly kind: 'data'; readonly runs: readonly DataRun[] }
  | { readonly kind: 'empty'; readonly run: Exclude<ChainRun, DataRun> }
  | { readonly kind: 'damage'; readonly damage: DamagedBlocks };

/** Blocks of a run of data: 4 MiB. */
const runBlocksMax = 8;
/** Runs that are read at once; of each what is stored and what it was. */
const runsAtOnceMax = 3;
const never = new AbortController().signal;

/** The whole volume in ascending order. @throws the signal's reason */
export async function* readVolume(
  context: RepositoryContext,
  chain: CurrentChain,
  sizeBytes: number,
  signal: AbortSignal = never,
): AsyncGenerator<RestoredBlocks | DamagedBlocks, void> {
  signal.throwIfAborted();
  const end = blockCountOf(sizeBytes);
  let at = 0;
  while (at < end) {
    let images: readonly ChainImage[];
    try {
      images = await chain.images();
    } catch (error) {
      if (!isDamage(error)) throw error;
      yield damageOf(error, at, end);
      return;
    }
    let isMerged = false;
    const parts = mapInOrder({
      source: steps(context, images, at, end),
      perform: (step) => read(context, step, sizeBytes),
      inFlightMax: runsAtOnceMax,
      signal,
    });
    for await (const part of parts) {
      for (const each of part) {
        isMerged = each.kind === 'damage' && (await chain.hasChangedSince(images));
        if (isMerged) break;
        yield each;
        const [first, blockCount] =
          each.kind === 'damage'
            ? [each.firstBlock, each.blockCount]
            : [each.first, each.blockCount];
        at = first + blockCount;
      }
      if (isMerged) break;
    }
  }
}

/** What there is to read: runs of data, in each of which the blocks are neighbours. */
async function* steps(
  context: RepositoryContext,
  images: readonly ChainImage[],
  first: number,
  end: number,
): AsyncGenerator<Step, void> {
  let at = first;
  while (at < end) {
    let runs: DataRun[] = [];
    try {
      for await (const run of readChain(context, images, at, end)) {
        if (run.state === 'data') {
          runs.push(run);
          if (runs.length < runBlocksMax) continue;
        }
        if (runs.length > 0) yield { kind: 'data', runs };
        at += runs.length;
        runs = [];
        if (run.state === 'data') continue;
        yield { kind: 'empty', run };
        at = run.first + run.count;
      }
      if (runs.length > 0) yield { kind: 'data', runs };
      return;
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (runs.length > 0) yield { kind: 'data', runs };
      const damage = damageOf(error, at + runs.length, end);
      yield { kind: 'damage', damage };
      at = damage.firstBlock + damage.blockCount;
    }
  }
}

async function read(
  context: RepositoryContext,
  step: Step,
  sizeBytes: number,
): Promise<readonly (RestoredBlocks | DamagedBlocks)[]> {
  if (step.kind === 'damage') return [step.damage];
  if (step.kind === 'empty') {
    const { first, count, state } = step.run;
    const run = { first: first as BlockIndex, state, blockCount: count };
    return [{ kind: 'blocks', ...run, bytes: new Uint8Array() }];
  }
  const clusters = await Promise.all(
    inOnePart(step.runs).map((runs) => readClusters(context, runs)),
  );
  return restored(context, step.runs, clusters.flat(), sizeBytes);
}

/** Runs whose records follow one another in one part, which one get reads. */
function inOnePart(runs: readonly DataRun[]): readonly (readonly DataRun[])[] {
  const groups: DataRun[][] = [];
  for (const run of runs) {
    const last = groups.at(-1)?.at(-1);
    const follows =
      last?.part.key === run.part.key && last.record.ordinal + 1 === run.record.ordinal;
    if (follows) groups.at(-1)?.push(run);
    else groups.push([run]);
  }
  return groups;
}

/** Sound neighbours as one run, damage in its place. */
function restored(
  context: RepositoryContext,
  runs: readonly DataRun[],
  clusters: readonly ReadCluster[],
  sizeBytes: number,
): readonly (RestoredBlocks | DamagedBlocks)[] {
  const parts: (RestoredBlocks | DamagedBlocks)[] = [];
  let sound: Uint8Array[] = [];
  let first = runs[0]?.first ?? 0;
  const flush = (next: number): void => {
    if (sound.length > 0) {
      const run = { first: first as BlockIndex, state: 'data', blockCount: sound.length } as const;
      parts.push({ kind: 'blocks', ...run, bytes: Buffer.concat(sound) });
    }
    sound = [];
    first = next;
  };
  for (const [number, run] of runs.entries()) {
    const found = clusters[number];
    if (found?.kind === 'cluster') {
      const lengthBytes = blockLengthBytes(sizeBytes, run.first as BlockIndex);
      const isShort = lengthBytes < clusterBytes;
      sound.push(isShort ? found.cluster.subarray(0, lengthBytes) : found.cluster);
      continue;
    }
    flush(run.first + 1);
    if (found === undefined) continue;
    const damage = damageOf(found.error, run.first, run.first + 1);
    parts.push({ ...damage, objectKey: run.part.key, range: rangeOf(context, run) });
  }
  flush(0);
  return parts;
}
