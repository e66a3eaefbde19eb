import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import { mapRuns } from '../map/map-runs.ts';
import { type PackRef, packRefOf, type RecordRef } from '../map/record-ref.ts';
import { allPacksPrefix, parsePackKey } from '../object/object-keys.ts';
import { encodePackHeader, packHeaderSizeBytes } from '../pack/pack-header.ts';
import { packHeaderRange } from '../pack/pack-headers.ts';
import { currentPoint, type CurrentRoots } from '../point/current-point.ts';
import { listStoredPoints } from '../point/list-points.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { SeenNodes } from '../verify/seen-nodes.ts';
import { scanPack } from './scan-pack.ts';

/** Copies of one record that are remembered; each is tried until one is sound. */
const copiesMax = 8;

/** Places where records of the wanted ids are said to be; nothing of it is proven. */
export class Copies {
  readonly #places = new Map<string, RecordRef[]>();

  constructor(wanted: Iterable<Uint8Array>) {
    for (const id of wanted) this.#places.set(nameOf(id), []);
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  note(ref: RecordRef): void {
    const places = this.#places.get(nameOf(ref.id));
    if (places === undefined || places.length >= copiesMax) return;
    if (places.some(({ pack, offset }) => pack.key === ref.pack.key && offset === ref.offset))
      return;
    places.push({ ...ref, id: ref.id.slice() });
  }

  of(id: Uint8Array): readonly RecordRef[] {
    return this.#places.get(nameOf(id)) ?? [];
  }
}

/**
 * Looks for other records of the same ids in the whole repository: for blocks by the maps of all
 * points, and in the packs that no map leads to; for nodes in all packs of maps. No content is read of
 * packs that maps lead to.
 */
export async function findCopies(
  context: RepositoryContext,
  wanted: { readonly blocks: Copies; readonly nodes: Copies },
  signal: AbortSignal | undefined,
): Promise<void> {
  if (wanted.blocks.isEmpty && wanted.nodes.isEmpty) return;
  const referenced = new Set<string>();
  if (!wanted.blocks.isEmpty) await noteBlocks(context, wanted.blocks, referenced, signal);
  for await (const { key, sizeBytes } of context.objectStore.list(allPacksPrefix)) {
    signal?.throwIfAborted();
    const name = parsePackKey(key);
    if (name === null || sizeBytes <= packHeaderSizeBytes) continue;
    const pack = packRefOf(name);
    const isKnown = wanted.blocks.isEmpty || referenced.has(key);
    if (isKnown && (wanted.nodes.isEmpty || !(await mayHoldNodes(context, pack)))) continue;
    for (const { kind, ref } of await scanPack(context.objectStore, pack, sizeBytes)) {
      (kind === 'block' ? wanted.blocks : wanted.nodes).note(ref);
    }
  }
}

/** Whatever it begins with, if not as a pack of data does. */
async function mayHoldNodes(
  { objectStore, keys: { repositoryId } }: RepositoryContext,
  pack: PackRef,
): Promise<boolean> {
  const ofData = encodePackHeader('data', repositoryId, pack.sessionId);
  try {
    const found = await objectStore.get(pack.key, packHeaderRange);
    return Buffer.compare(found, ofData) !== 0;
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND', 'OBJECT_RANGE', 'OBJECT_CORRUPT')) throw error;
    return false;
  }
}

async function noteBlocks(
  { catalog, nodeReader }: RepositoryContext,
  blocks: Copies,
  referenced: Set<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const rootsOf = new Map<InstanceId, CurrentRoots>();
  const seen = new SeenNodes();
  const visit = (ref: RecordRef): 'enter' | 'skip' => {
    if (seen.isSound(ref)) return 'skip';
    seen.enter(ref);
    referenced.add(ref.pack.key);
    return 'enter';
  };
  const { points } = await listStoredPoints(catalog);
  for await (const listed of points()) {
    if (listed.kind !== 'point') continue;
    const { instanceId } = listed.point.manifest;
    const roots = rootsOf.get(instanceId) ?? (await catalog.relocations(instanceId)).roots;
    rootsOf.set(instanceId, roots);
    for (const { root } of currentPoint(listed.point, roots).volumes) {
      let outcome: 'sound' | 'damaged' = 'sound';
      for await (const run of mapRuns(root, nodeReader, { visit })) {
        signal?.throwIfAborted();
        if (run.kind === 'damage') outcome = 'damaged';
        if (run.kind !== 'data') continue;
        for (const ref of run.refs) {
          referenced.add(ref.pack.key);
          blocks.note(ref);
        }
      }
      seen.finish(outcome);
    }
  }
}

function nameOf(id: Uint8Array): string {
  return Buffer.from(id).toString('base64');
}
