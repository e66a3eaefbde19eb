import { blockLengthBytes } from '../../../domain/block-size.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { BlocksElsewhere } from '../../repairer.ts';
import { recordIdOf } from '../keys/record-id.ts';
import { statedPlace } from '../map/decode-map-node.ts';
import { MapCursor } from '../map/map-cursor.ts';
import { mapFanout } from '../map/map-geometry.ts';
import { isSameEntry, type MapEntry } from '../map/map-node.ts';
import { packRefOf, type RecordRef } from '../map/record-ref.ts';
import { packsPrefix, parsePackKey } from '../object/object-keys.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { DamagedNode } from './damage-survey.ts';
import { Copies, findCopies } from './find-copies.ts';
import type { NodeSource } from './node-source.ts';
import { scanPack } from './scan-pack.ts';
import { searchNode } from './search-node.ts';

const limits = {
  /** Nodes that are put together with one look through the packs of their sessions. */
  nodesAtOnceMax: 256,
  /** Maps before and after in which an entry is looked for. */
  neighboursMax: 4,
  /** Damaged nodes of a session of which it is tried whether they are below another damaged one. */
  unplacedMax: 16,
} as const;

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
  for (let first = 0; first < left.length; first += limits.nodesAtOnceMax) {
    const batch = left.slice(first, first + limits.nodesAtOnceMax);
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

/** What is known of the entries of one damaged node. */
interface Guess {
  readonly node: DamagedNode;
  /** For each entry of a leaf what was read elsewhere: the id of the content, or that it is all zeros. */
  readonly contents: readonly (Uint8Array | 'zeros' | null)[];
}

async function putTogether(
  context: RepositoryContext,
  damaged: readonly DamagedNode[],
  nodes: NodeSource,
  points: readonly CurrentPoint[],
  options: HealNodesOptions,
): Promise<void> {
  const guesses: Guess[] = [];
  for (const node of damaged) {
    options.signal?.throwIfAborted();
    guesses.push({
      node,
      contents: await contentsOf(context, node, options.elsewhere),
    });
  }
  const records = await recordsOfSessions(context, guesses, options.signal);
  for (const { node, contents } of guesses) {
    options.signal?.throwIfAborted();
    const { ref, place } = node;
    const neighbours = await neighboursOf(node, nodes, points);
    const entries = Array.from({ length: place.entryCount }, (_, n): readonly MapEntry[] => {
      const before = neighbours.flatMap((neighbour) => neighbour[n] ?? []);
      const position = place.position * mapFanout + n;
      if (place.level === 0) return entryOptions(contents[n] ?? null, before, records.blocks);
      const { placed, unplaced } = records.childrenOf(ref, place.level - 1, position);
      return [...entryOptions(null, [...placed, ...before], records.blocks), ...unplaced];
    });
    const found = searchNode(place, ref.id, context.keys.nodeIdKey, entries);
    if (found !== null) nodes.add(ref, found);
  }
}

/** What an entry may be. What is known of its content leaves only what fits that. */
function entryOptions(
  content: Uint8Array | 'zeros' | null,
  known: readonly MapEntry[],
  blocks: Copies,
): readonly MapEntry[] {
  if (content === null) return known.length === 0 ? ['absent', 'zero'] : distinct(known);
  if (content === 'zeros') {
    return distinct([...known.filter((entry) => typeof entry === 'string'), 'absent', 'zero']);
  }
  const fits = (entry: MapEntry): boolean =>
    typeof entry !== 'string' && Buffer.compare(entry.id, content) === 0;
  const fitting = distinct([...known.filter(fits), ...blocks.of(content)]);
  // What was read elsewhere is of another moment.
  return fitting.length === 0 ? distinct(known) : fitting;
}

function distinct(entries: readonly MapEntry[]): readonly MapEntry[] {
  return entries.filter(
    (entry, n) => entries.findIndex((other) => isSameEntry(entry, other)) === n,
  );
}

async function contentsOf(
  { keys: { blockIdKey } }: RepositoryContext,
  { place, point, volume: { volume, root } }: DamagedNode,
  elsewhere: BlocksElsewhere,
): Promise<Guess['contents']> {
  const contents: (Uint8Array | 'zeros' | null)[] = [];
  if (place.level > 0) return contents;
  const { volumeId, sizeBytes } = volume;
  const { pointId } = point.manifest;
  for (let n = 0; n < place.entryCount; n += 1) {
    const blockIndex = (place.position * mapFanout + n) as BlockIndex;
    if (blockIndex >= root.blockCount) break;
    const lengthBytes = blockLengthBytes(sizeBytes, blockIndex);
    let found: Uint8Array | 'zeros' | null = null;
    for await (const content of elsewhere({
      pointId,
      volumeId,
      blockIndex,
      lengthBytes,
    })) {
      found = content.every((byte) => byte === 0) ? 'zeros' : recordIdOf(blockIdKey, content);
      // The likeliest comes first.
      break;
    }
    contents.push(found);
  }
  return contents;
}

interface Children {
  readonly placed: readonly RecordRef[];
  /** Damaged as well: only their names are known. */
  readonly unplaced: readonly RecordRef[];
}

interface SessionRecords {
  readonly blocks: Copies;
  /** The nodes that the session of a node has stored for a place below it, and those of unknown places. */
  readonly childrenOf: (parent: RecordRef, level: number, position: number) => Children;
}

/** The records that the sessions of damaged nodes have stored, as far as these may lead to them. */
async function recordsOfSessions(
  context: RepositoryContext,
  guesses: readonly Guess[],
  signal: AbortSignal | undefined,
): Promise<SessionRecords> {
  const ids = guesses.flatMap(({ contents }) => contents).filter((one) => typeof one === 'object');
  const blocks = new Copies(ids.filter((id) => id !== null));
  const children = new Map<string, RecordRef[]>();
  const hasInner = guesses.some(({ node }) => node.place.level > 0);
  for (const sessionId of new Set(guesses.map(({ node }) => node.ref.pack.sessionId))) {
    for await (const { key, sizeBytes } of context.objectStore.list(packsPrefix(sessionId))) {
      signal?.throwIfAborted();
      const pack = parsePackKey(key);
      if (pack === null) continue;
      for (const { kind, ref } of await scanPack(context.objectStore, packRefOf(pack), sizeBytes)) {
        if (kind === 'block') blocks.note(ref);
        else if (hasInner) await noteChild(context, ref, children);
      }
    }
  }
  const childrenOf: SessionRecords['childrenOf'] = (
    { pack: { sessionId }, id },
    level,
    position,
  ) => ({
    placed: children.get(childName(sessionId, level, position)) ?? [],
    unplaced: (children.get(sessionId) ?? []).filter((ref) => Buffer.compare(ref.id, id) !== 0),
  });
  return { blocks, childrenOf };
}

async function noteChild(
  { nodeReader }: RepositoryContext,
  ref: RecordRef,
  children: Map<string, RecordRef[]>,
): Promise<void> {
  const { sessionId } = ref.pack;
  let name: string = sessionId;
  try {
    const { level, position } = statedPlace(await nodeReader.readBytes(ref, []));
    name = childName(sessionId, level, position);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
  }
  const known = children.get(name) ?? [];
  if (name !== sessionId || known.length < limits.unplacedMax) children.set(name, [...known, ref]);
}

function childName(sessionId: string, level: number, position: number): string {
  return `${sessionId} ${level}:${position}`;
}

/** What the nodes at the same place say in other points of the volume, the nearest ones of each side. */
async function neighboursOf(
  { place, volume: { volume }, point }: DamagedNode,
  nodes: NodeSource,
  points: readonly CurrentPoint[],
): Promise<readonly (readonly MapEntry[])[]> {
  const at = points.findIndex(({ manifest }) => manifest.pointId === point.manifest.pointId);
  const sides = [points.slice(0, Math.max(at, 0)).reverse(), points.slice(at + 1)];
  const neighbours: (readonly MapEntry[])[] = [];
  for (const side of sides) {
    let last: MapEntry | null = null;
    let count = 0;
    for (const other of side) {
      if (count === limits.neighboursMax) break;
      const theirs = other.volumes.find((each) => each.volume.volumeId === volume.volumeId);
      if (theirs === undefined) continue;
      const found = await nodeAt(new MapCursor(theirs.root, nodes), place);
      if (found === null || (last !== null && isSameEntry(last, found.entry))) continue;
      last = found.entry;
      neighbours.push(found.entries);
      count += 1;
    }
  }
  return neighbours;
}

/** Null where it cannot be read. */
async function nodeAt(
  map: MapCursor,
  { level, position, entryCount }: DamagedNode['place'],
): Promise<{
  readonly entry: MapEntry;
  readonly entries: readonly MapEntry[];
} | null> {
  try {
    const entry = await map.entryOf(level, position);
    const node = await map.nodeAt(level, position);
    if (typeof node !== 'string') return { entry, entries: node.entries };
    return { entry, entries: Array.from({ length: entryCount }, () => node) };
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return null;
  }
}
