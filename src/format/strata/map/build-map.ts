import { assert } from '../../../domain/errors/assert.ts';
import { recordIdOf } from '../keys/record-id.ts';
import type { RecordPackWriter } from '../pack/record-pack-writer.ts';
import { encodeMapNode } from './encode-map-node.ts';
import { MapCursor } from './map-cursor.ts';
import { entryCountOf, mapFanout, nodeSpan, rootLevelOf } from './map-geometry.ts';
import type { MapNodeReader } from './map-node-reader.ts';
import type { MapEntry, MapNode, MapRoot } from './map-node.ts';
import { uniformEntry } from './map-node.ts';
import type { MapUpdate } from './map-updates.ts';
import { MapUpdates } from './map-updates.ts';

export interface MapBuild {
  readonly blockCount: number;
  /** The map whose nodes are shared where they are equal; null when there is none. */
  readonly parent: MapRoot | null;
  /** What the blocks are that no update names: as the parent has them, or absent. */
  readonly base: 'parent' | 'empty';
  /** Ascending over all pages; no block twice. */
  readonly updates: AsyncIterable<readonly MapUpdate[]>;
  readonly reader: MapNodeReader;
  readonly writer: RecordPackWriter;
  /** K_node */
  readonly nodeIdKey: Uint8Array;
}

/**
 * Builds a map and writes the nodes that the parent does not have, children before parents. Holds
 * one path of nodes in memory, whatever the volume's size. The result counts only once the
 * writer's packs are closed.
 *
 * @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND when the parent's map cannot be read, and whatever the
 *   updates or the object store throw
 */
export async function buildMap(build: MapBuild): Promise<MapRoot> {
  const { blockCount, parent, base } = build;
  assert(blockCount >= 1, 'a volume has a block');
  if (base === 'parent') {
    assert(parent?.blockCount === blockCount, 'a map goes on from a parent of the same size');
  }
  const updates = new MapUpdates(build.updates, blockCount);
  try {
    await updates.start();
    const level = rootLevelOf(blockCount);
    const cursor = parent === null ? null : new MapCursor(parent, build.reader);
    const entry = await buildNode({ ...build, updates, cursor }, level, 0);
    assert(updates.nextIndex === null, 'every update was applied');
    return { blockCount, entry };
  } finally {
    await updates.close();
  }
}

interface BuildState extends Omit<MapBuild, 'updates'> {
  readonly updates: MapUpdates;
  readonly cursor: MapCursor | null;
}

async function buildNode(state: BuildState, level: number, position: number): Promise<MapEntry> {
  const before = (await state.cursor?.entryOf(level, position)) ?? 'absent';
  if (!state.updates.hasNextBefore((position + 1) * nodeSpan(level))) {
    return state.base === 'parent' ? before : 'absent';
  }
  const entryCount = entryCountOf(level, position, state.blockCount);
  const entries =
    level === 0
      ? await buildLeafEntries(state, position, entryCount)
      : await buildInnerEntries(state, level, position, entryCount);
  return uniformEntry(entries) ?? (await shareOrWrite(state, { level, position, entries }, before));
}

async function buildInnerEntries(
  state: BuildState,
  level: number,
  position: number,
  entryCount: number,
): Promise<readonly MapEntry[]> {
  const entries: MapEntry[] = [];
  for (let child = 0; child < entryCount; child += 1) {
    entries.push(await buildNode(state, level - 1, position * mapFanout + child));
  }
  return entries;
}

async function buildLeafEntries(
  state: BuildState,
  position: number,
  entryCount: number,
): Promise<readonly MapEntry[]> {
  const entries = await baseEntries(state, position, entryCount);
  const first = position * mapFanout;
  for (;;) {
    const { nextIndex } = state.updates;
    if (nextIndex === null || nextIndex >= first + mapFanout) return entries;
    const update = await state.updates.take();
    entries[update.index - first] = update.entry;
  }
}

async function baseEntries(
  { base, cursor }: BuildState,
  position: number,
  entryCount: number,
): Promise<MapEntry[]> {
  const node = base === 'parent' && cursor !== null ? await cursor.nodeAt(0, position) : 'absent';
  return typeof node === 'string'
    ? new Array<MapEntry>(entryCount).fill(node)
    : node.entries.slice();
}

async function shareOrWrite(
  { nodeIdKey, writer }: BuildState,
  node: MapNode,
  before: MapEntry,
): Promise<MapEntry> {
  const bytes = encodeMapNode(node);
  const id = recordIdOf(nodeIdKey, bytes);
  if (typeof before !== 'string' && Buffer.compare(before.id, id) === 0) return before;
  return await writer.write(id, bytes);
}
