import type { BlockDamage } from '../../block-damage.ts';
import type { VerifyOptions } from '../../verification.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import { readVolume } from '../decode/read-volume.ts';
import type { MapRoot } from '../map/map-node.ts';
import type { MapRun } from '../map/map-run.ts';
import { mapRuns } from '../map/map-runs.ts';
import type { BlockRef, PackRef } from '../map/record-ref.ts';
import type { RecordPresence, RecordProblem } from '../pack/record-presence.ts';
import type { StoredVolume } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { PackHeaderCheck } from './pack-header-check.ts';
import type { SeenNodes } from './seen-nodes.ts';
import { SoundBefore } from './sound-before.ts';

/** What a verification has done so far. */
export interface VerifyCounts {
  mapNodesChecked: number;
  blocksChecked: number;
  bytesRead: number;
}

/** Which data of the points is read. */
export type DataScope =
  | { readonly kind: 'all' }
  /** None: what there is is noted. */
  | { readonly kind: 'noted'; readonly note: (pack: PackRef) => void }
  /** Only what is in these packs; everything else was checked before. */
  | { readonly kind: 'packs'; readonly keys: ReadonlySet<string> };

export interface VolumeCheck {
  readonly target: StoredVolume;
  readonly depth: VerifyOptions['depth'];
  readonly signal: AbortSignal | undefined;
  readonly seen: SeenNodes;
  readonly presence: RecordPresence;
  readonly headers: PackHeaderCheck;
  readonly data: DataScope;
  /** An earlier map of the volume in which all blocks were found sound. */
  readonly soundBefore: MapRoot | null;
  readonly counts: VerifyCounts;
}

/**
 * Checks one volume of one point, and yields what is damaged and, now and then, null to let a
 * caller tell how far it is.
 */
export async function* verifyVolume(
  context: RepositoryContext,
  check: VolumeCheck,
): AsyncGenerator<BlockDamage | null> {
  // They have been before the data of some packs is looked at.
  const areHeadersChecked = check.data.kind !== 'packs';
  for await (const step of verifyMap(context, check)) {
    yield step;
    if (areHeadersChecked) yield* check.headers.damage('some');
  }
  if (areHeadersChecked) yield* check.headers.damage('all');
}

async function* verifyMap(
  context: RepositoryContext,
  check: VolumeCheck,
): AsyncGenerator<BlockDamage | null> {
  const runs = checkedRuns(context, check);
  if (check.depth === 'structure') {
    for await (const run of runs) yield run.kind === 'damage' ? damageOf(run) : null;
    return;
  }
  const { objectStore, keys, keyring, clock, random, place } = context;
  const blocks = readVolume({
    place,
    objectStore,
    clock,
    random,
    repositoryId: keys.repositoryId,
    blockIdKey: keys.blockIdKey,
    sessionKeysOf: (sessionId) => keyring.keysOf(sessionId),
    sizeBytes: check.target.volume.sizeBytes,
    runs,
    ...(check.signal === undefined ? {} : { signal: check.signal }),
  });
  for await (const block of blocks) {
    if (block.kind === 'damage') {
      yield damageOf(block);
    } else {
      if (block.state === 'data') check.counts.blocksChecked += block.blockCount;
      yield null;
    }
  }
}

function damageOf({ objectKey, range, firstBlock, blockCount, reason }: BlockDamage): BlockDamage {
  return { objectKey, range, firstBlock, blockCount, reason };
}

/** The runs that are not known to be sound; records that cannot be there become damage. */
async function* checkedRuns(
  { nodeReader }: RepositoryContext,
  check: VolumeCheck,
): AsyncGenerator<MapRun> {
  const { target, seen, counts, depth, signal, headers, soundBefore, data } = check;
  const before = new SoundBefore(soundBefore, nodeReader);
  const visit = (ref: BlockRef): 'enter' | 'skip' => {
    if (seen.isSound(ref)) return 'skip';
    if (seen.enter(ref) === 'first-time') {
      counts.mapNodesChecked += 1;
      counts.bytesRead += ref.lengthBytes;
    }
    headers.note(ref.pack, 'map');
    return 'enter';
  };
  for await (const run of mapRuns(target.root, nodeReader, { visit })) {
    signal?.throwIfAborted();
    if (run.kind !== 'data') {
      // Damage of the map has been told before the data of some packs is looked at.
      if (data.kind !== 'packs' || run.kind !== 'damage') yield run;
      continue;
    }
    for (const part of await checkedParts(run.first, run.refs, check.presence, before)) {
      if (data.kind === 'packs') {
        if (part.kind === 'data') yield* partsWithin(part, data.keys, counts);
        continue;
      }
      if (part.kind === 'data') {
        for (const ref of part.refs) {
          headers.note(ref.pack, 'data');
          if (data.kind === 'noted') data.note(ref.pack);
        }
        if (depth === 'structure') counts.blocksChecked += part.refs.length;
        else for (const ref of part.refs) counts.bytesRead += ref.lengthBytes;
      }
      yield part;
    }
  }
}

type DataRun = Extract<MapRun, { readonly kind: 'data' }>;
type DamageRun = Extract<MapRun, { readonly kind: 'damage' }>;

/** A leaf's data, without what was found sound before: what can be there, and what cannot. */
async function checkedParts(
  first: BlockIndex,
  refs: readonly BlockRef[],
  presence: RecordPresence,
  before: SoundBefore,
): Promise<readonly (DataRun | DamageRun)[]> {
  const parts: (DataRun | DamageRun)[] = [];
  for (const [n, ref] of refs.entries()) {
    const index = (first + n) as BlockIndex;
    if (await before.has(index, ref)) continue;
    const problem = await presence.problemOf(ref);
    const part: DataRun | DamageRun =
      problem === null
        ? { kind: 'data', first: index, refs: [ref] }
        : { kind: 'damage', ...damageAt(index, problem) };
    const joined = join(parts.at(-1), part);
    if (joined === null) parts.push(part);
    else parts[parts.length - 1] = joined;
  }
  return parts;
}

/** The parts of a run that are in these packs. */
function* partsWithin(
  { first, refs }: DataRun,
  keys: ReadonlySet<string>,
  counts: VerifyCounts,
): Generator<DataRun> {
  let waiting: BlockRef[] = [];
  for (const [n, ref] of [...refs, null].entries()) {
    if (ref !== null && keys.has(ref.pack.key)) {
      counts.bytesRead += ref.lengthBytes;
      waiting.push(ref);
      continue;
    }
    if (waiting.length === 0) continue;
    yield { kind: 'data', first: (first + n - waiting.length) as BlockIndex, refs: waiting };
    waiting = [];
  }
}

function damageAt(index: BlockIndex, { objectKey, reason }: RecordProblem): BlockDamage {
  return { objectKey, range: null, firstBlock: index, blockCount: 1, reason };
}

/** Both as one run, when they are alike and side by side. */
function join(
  left: DataRun | DamageRun | undefined,
  right: DataRun | DamageRun,
): DataRun | DamageRun | null {
  if (left?.kind === 'data' && right.kind === 'data') {
    if (left.first + left.refs.length !== right.first) return null;
    return { ...left, refs: [...left.refs, ...right.refs] };
  }
  if (left?.kind !== 'damage' || right.kind !== 'damage') return null;
  const isAlike = left.objectKey === right.objectKey && left.reason === right.reason;
  if (!isAlike || left.firstBlock + left.blockCount !== right.firstBlock) return null;
  return { ...left, blockCount: left.blockCount + right.blockCount };
}
