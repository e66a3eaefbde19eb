import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { BlocksElsewhere } from '../../repairer.ts';
import { mapFanout } from '../map/map-geometry.ts';
import { isSameEntry, type MapEntry } from '../map/map-node.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { DamagedNode } from './damage-survey.ts';
import { Copies, findCopies } from './find-copies.ts';
import { guessContents, type GuessedContent } from './guess-contents.ts';
import { neighboursOf } from './neighbours-of.ts';
import type { NodeSource } from './node-source.ts';
import { recordsOfSessions } from './records-of-sessions.ts';
import { searchNode } from './search-node.ts';

/** Nodes that are put together with one look through the packs of their sessions. */
const nodesAtOnceMax = 256;

export interface HealNodesOptions {
  readonly points: () => AsyncIterable<CurrentPoint>;
  readonly elsewhere: BlocksElsewhere;
  readonly signal: AbortSignal | undefined;
}

/**
 * Finds again what damaged nodes said: in another record of the same id, or put together from the maps
 * of other points, the records of the session that wrote the node, and what is read elsewhere of its
 * blocks. Only what has the id of the node counts.
 */
export async function healNodes(
  context: RepositoryContext,
  damaged: readonly DamagedNode[],
  nodes: NodeSource,
  options: HealNodesOptions,
): Promise<void> {
  const copies = new Copies(damaged.map(({ ref }) => ref.id));
  await findCopies(context, { blocks: new Copies([]), nodes: copies }, options.signal);
  const left: DamagedNode[] = [];
  for (const node of damaged) {
    if (!(await healFromCopies(context, node, copies, nodes))) left.push(node);
  }
  const points = left.length === 0 ? [] : await Array.fromAsync(options.points());
  for (let first = 0; first < left.length; first += nodesAtOnceMax) {
    const batch = left.slice(first, first + nodesAtOnceMax);
    await putTogether(context, batch, nodes, points, options);
  }
}

async function healFromCopies(
  { nodeReader }: RepositoryContext,
  { ref, place }: DamagedNode,
  copies: Copies,
  nodes: NodeSource,
): Promise<boolean> {
  for (const copy of copies.of(ref.id)) {
    if (isSameEntry(copy, ref)) continue;
    try {
      nodes.add(ref, await nodeReader.read(copy, place, []));
      return true;
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    }
  }
  return false;
}

async function putTogether(
  context: RepositoryContext,
  damaged: readonly DamagedNode[],
  nodes: NodeSource,
  points: readonly CurrentPoint[],
  options: HealNodesOptions,
): Promise<void> {
  const contents = new Map<DamagedNode, readonly GuessedContent[]>();
  for (const node of damaged) {
    options.signal?.throwIfAborted();
    contents.set(node, await guessContents(context, node, options.elsewhere));
  }
  const ids = [...contents.values()].flat().filter((one) => one instanceof Uint8Array);
  const records = await recordsOfSessions(context, damaged, ids, options.signal);
  for (const node of damaged) {
    options.signal?.throwIfAborted();
    const { ref, place } = node;
    const neighbours = await neighboursOf(node, nodes, points);
    const entries = Array.from({ length: place.entryCount }, (_, n): readonly MapEntry[] => {
      const before = neighbours.flatMap((neighbour) => neighbour[n] ?? []);
      const position = place.position * mapFanout + n;
      if (place.level === 0)
        return entryOptions(contents.get(node)?.[n] ?? null, before, records.blocks);
      const { placed, unplaced } = records.childrenOf(ref, place.level - 1, position);
      return [...entryOptions(null, [...placed, ...before], records.blocks), ...unplaced];
    });
    const found = searchNode(place, ref.id, context.keys.nodeIdKey, entries);
    if (found !== null) nodes.add(ref, found);
  }
}

/** What an entry may be, the likeliest first: what fits what was read elsewhere, of whatever moment. */
function entryOptions(
  content: GuessedContent,
  known: readonly MapEntry[],
  blocks: Copies,
): readonly MapEntry[] {
  if (content === null) return known.length === 0 ? ['absent', 'zero'] : distinct(known);
  if (content === 'zeros') {
    const alike = known.filter((entry) => typeof entry === 'string');
    return distinct([...alike, 'absent', 'zero', ...known]);
  }
  const alike = known.filter(
    (entry) => typeof entry !== 'string' && Buffer.compare(entry.id, content) === 0,
  );
  return distinct([...alike, ...blocks.of(content), ...known]);
}

function distinct(entries: readonly MapEntry[]): readonly MapEntry[] {
  return entries.filter(
    (entry, n) => entries.findIndex((other) => isSameEntry(entry, other)) === n,
  );
}
