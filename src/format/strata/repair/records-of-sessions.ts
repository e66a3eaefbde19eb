import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import { statedPlace } from '../map/decode-map-node.ts';
import { mapFanout } from '../map/map-geometry.ts';
import { packRefOf, type RecordRef } from '../map/record-ref.ts';
import { packsPrefix, parsePackKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { DamagedNode } from './damage-survey.ts';
import { Copies } from './find-copies.ts';
import { scanPack } from './scan-pack.ts';

/** Damaged nodes of a session of which it is tried whether they are below another damaged one. */
const unplacedMax = 16;

interface Children {
  readonly placed: readonly RecordRef[];
  /** Damaged as well: only their names are known. */
  readonly unplaced: readonly RecordRef[];
}

/** What sessions have stored that damaged nodes may lead to; nothing of it is proven. */
export interface SessionRecords {
  readonly blocks: Copies;
  /** The nodes that the session of a node has stored for a place below it, and those of unknown places. */
  readonly childrenOf: (parent: RecordRef, level: number, position: number) => Children;
}

/** Looks through the packs of the sessions of damaged nodes, for these blocks and for what is below. */
export async function recordsOfSessions(
  context: RepositoryContext,
  damaged: readonly DamagedNode[],
  blockIds: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<SessionRecords> {
  const blocks = new Copies(blockIds);
  const children = new Map<string, RecordRef[]>();
  for (const { ref, place } of damaged) {
    if (place.level === 0) continue;
    const { sessionId } = ref.pack;
    children.set(sessionId, []);
    for (let n = 0; n < mapFanout; n += 1) {
      children.set(childName(sessionId, place.level - 1, place.position * mapFanout + n), []);
    }
  }
  for (const sessionId of new Set(damaged.map(({ ref }) => ref.pack.sessionId))) {
    for await (const { key, sizeBytes } of context.objectStore.list(packsPrefix(sessionId))) {
      signal?.throwIfAborted();
      const pack = parsePackKey(key);
      if (pack === null) continue;
      for (const { kind, ref } of await scanPack(context.objectStore, packRefOf(pack), sizeBytes)) {
        if (kind === 'block') blocks.note(ref);
        else if (children.has(sessionId)) await noteChild(context, ref, children);
      }
    }
  }
  return {
    blocks,
    childrenOf: ({ pack: { sessionId }, id }, level, position) => ({
      placed: children.get(childName(sessionId, level, position)) ?? [],
      unplaced: (children.get(sessionId) ?? []).filter((ref) => Buffer.compare(ref.id, id) !== 0),
    }),
  };
}

/** Of places that nobody asks for, or beyond the limit, it is not remembered. */
async function noteChild(
  { nodeReader }: RepositoryContext,
  ref: RecordRef,
  children: ReadonlyMap<string, RecordRef[]>,
): Promise<void> {
  const { sessionId } = ref.pack;
  try {
    const { level, position } = statedPlace(await nodeReader.readBytes(ref, []));
    children.get(childName(sessionId, level, position))?.push(ref);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    const unplaced = children.get(sessionId) ?? [];
    if (unplaced.length < unplacedMax) unplaced.push(ref);
  }
}

function childName(sessionId: string, level: number, position: number): string {
  return `${sessionId} ${level}:${position}`;
}
