import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import { MapCursor } from '../map/map-cursor.ts';
import { isSameEntry, type MapEntry } from '../map/map-node.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import type { DamagedNode } from './damage-survey.ts';
import type { NodeSource } from './node-source.ts';

/** Maps before and after in which an entry is looked for. */
const neighboursMax = 4;

/** What the nodes at the same place say in other points of the volume, the nearest ones of each side. */
export async function neighboursOf(
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
      if (count === neighboursMax) break;
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
