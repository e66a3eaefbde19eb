import { detailText } from '../../../domain/errors/detail-text.ts';
import type { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { BlockDamage } from '../../block-damage.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import { MapCursor } from './map-cursor.ts';
import { mapFanout, nodeSpan } from './map-geometry.ts';
import type { MapNodeReader } from './map-node-reader.ts';
import type { MapEntry, MapNode, MapRoot } from './map-node.ts';
import type { MapRun, UniformMapRun } from './map-run.ts';
import type { BlockRef, RecordRef } from './record-ref.ts';

export interface MapRunsOptions {
  /**
   * Asked before a node is read; `skip` leaves a gap in the runs. Asked again for the nodes above
   * each leaf.
   */
  readonly visit?: (ref: RecordRef) => 'enter' | 'skip';
  /** Where the runs begin; default: at the first block. */
  readonly first?: BlockIndex;
}

/**
 * What a map says of all blocks of its volume, ascending and without a gap. Neighbouring absent
 * or zero blocks are one run; data comes in runs of at most 64. A node that is damaged or missing
 * becomes a `damage` run over what it covers, and the rest still comes.
 *
 * @throws what an object store throws when it cannot be reached
 */
export async function* mapRuns(
  root: MapRoot,
  reader: MapNodeReader,
  { visit = () => 'enter', first = 0 as BlockIndex }: MapRunsOptions = {},
): AsyncGenerator<MapRun> {
  const waiting: UniformMapRun[] = [];
  for await (const run of unmergedRuns(root, reader, visit, first)) {
    const last = waiting.at(-1);
    if (last?.kind === run.kind) {
      waiting[0] = { ...last, blockCount: last.blockCount + run.blockCount };
      continue;
    }
    yield* waiting.splice(0);
    if (run.kind === 'data' || run.kind === 'damage') yield run;
    else waiting.push(run);
  }
  yield* waiting;
}

/** The part of the runs that begins with this block. */
export async function* runsFrom(
  runs: AsyncIterable<MapRun>,
  from: BlockIndex,
): AsyncGenerator<MapRun> {
  for await (const run of runs) {
    const first = run.kind === 'damage' ? run.firstBlock : run.first;
    const before = Math.max(0, from - first);
    const count = run.kind === 'data' ? run.refs.length : run.blockCount;
    if (before >= count) continue;
    if (before === 0) yield run;
    else if (run.kind === 'data') yield { ...run, first: from, refs: run.refs.slice(before) };
    else if (run.kind === 'damage') yield { ...run, firstBlock: from, blockCount: count - before };
    else yield { ...run, first: from, blockCount: count - before };
  }
}

async function* unmergedRuns(
  root: MapRoot,
  reader: MapNodeReader,
  visit: NonNullable<MapRunsOptions['visit']>,
  first: BlockIndex,
): AsyncGenerator<MapRun> {
  const cursor = new MapCursor(root, reader);
  let next: number = first;
  while (next < root.blockCount) {
    const found = await descend(cursor, next, visit);
    const end = Math.min(root.blockCount, (found.position + 1) * nodeSpan(found.level));
    const span = { first: next as BlockIndex, blockCount: end - next };
    switch (found.kind) {
      case 'leaf':
        yield* leafRuns(found.leaf, next);
        break;
      case 'uniform':
        yield { kind: found.state, ...span };
        break;
      case 'damaged':
        yield { kind: 'damage', ...found.damage, ...damagedSpan(next, end) };
        break;
      case 'skipped':
        break;
    }
    next = end;
  }
}

type Found = { readonly level: number; readonly position: number } & (
  | { readonly kind: 'leaf'; readonly leaf: MapNode }
  | { readonly kind: 'uniform'; readonly state: 'absent' | 'zero' }
  | { readonly kind: 'damaged'; readonly damage: NodeDamage }
  | { readonly kind: 'skipped' }
);

type NodeDamage = Pick<BlockDamage, 'objectKey' | 'range' | 'reason'>;

function damagedSpan(
  next: number,
  end: number,
): { readonly firstBlock: BlockIndex; readonly blockCount: number } {
  return { firstBlock: next as BlockIndex, blockCount: end - next };
}

/** Goes down from the root to the block, until there is a leaf or nothing below. */
async function descend(
  cursor: MapCursor,
  block: number,
  visit: NonNullable<MapRunsOptions['visit']>,
): Promise<Found> {
  let entry = await cursor.entryOf(cursor.rootLevel, 0);
  for (let level = cursor.rootLevel; ; level -= 1) {
    const position = Math.floor(block / nodeSpan(level));
    if (typeof entry === 'string') return { kind: 'uniform', state: entry, level, position };
    if (visit(entry) === 'skip') return { kind: 'skipped', level, position };
    let node: MapNode | 'absent' | 'zero';
    try {
      node = await cursor.nodeAt(level, position);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
      return { kind: 'damaged', damage: damageOf(error, entry), level, position };
    }
    if (typeof node === 'string') return { kind: 'uniform', state: node, level, position };
    if (level === 0) return { kind: 'leaf', leaf: node, level, position };
    const child: number = Math.floor(block / nodeSpan(level - 1)) % mapFanout;
    entry = node.entries[child] ?? 'absent';
  }
}

/** Names the object that is damaged: the node's pack, or the key of its session. */
function damageOf(error: SnapledgerError, ref: RecordRef): NodeDamage {
  const objectKey = detailText(error, 'objectKey');
  const reason = detailText(error, 'reason') ?? error.message;
  if (objectKey !== null && objectKey !== ref.pack.key) {
    return { objectKey, range: null, reason };
  }
  const { offset, lengthBytes } = ref;
  return { objectKey: ref.pack.key, range: { offset, lengthBytes }, reason };
}

/** A leaf's entries from block `next` on as runs of one kind each. */
function* leafRuns(leaf: MapNode, next: number): Generator<MapRun> {
  const base = leaf.position * mapFanout;
  let start = next - base;
  while (start < leaf.entries.length) {
    const kind = kindOf(leaf.entries[start]);
    let end = start + 1;
    while (end < leaf.entries.length && kindOf(leaf.entries[end]) === kind) end += 1;
    const first = (base + start) as BlockIndex;
    if (kind === 'data') {
      const refs = leaf.entries
        .slice(start, end)
        .filter((entry): entry is BlockRef => typeof entry !== 'string');
      yield { kind, first, refs };
    } else {
      yield { kind, first, blockCount: end - start };
    }
    start = end;
  }
}

function kindOf(entry: MapEntry | undefined): 'absent' | 'zero' | 'data' {
  if (entry === undefined) return 'absent';
  return typeof entry === 'string' ? entry : 'data';
}
