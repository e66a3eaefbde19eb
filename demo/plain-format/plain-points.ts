import {
  blockLengthBytes,
  type BlockIndex,
  type DamagedBlocks,
  hasErrorCode,
  type InstanceId,
  type ObjectStore,
  type PointId,
  type PointReader,
  type PointTrace,
  type PointVolume,
  type RestoredBlocks,
  SnapledgerError,
  type VolumeId,
} from '../../src/format.ts';
import {
  corrupt,
  invalid,
  type PlainBlock,
  plainKeys,
  type PlainPoint,
  readObject,
  sha256Of,
  type StoredBlock,
} from './plain-objects.ts';

export type CommittedPoint = Extract<PlainPoint, { readonly kind: 'point' }>;

/** All committed points, in no order. A removed one may still have its object. */
export async function* storedPoints(
  objectStore: ObjectStore,
  instanceId?: InstanceId,
): AsyncGenerator<CommittedPoint> {
  const listed = await Array.fromAsync(objectStore.list(plainKeys.points(instanceId)));
  const keys = new Set<string>(listed.map(({ key }) => key));
  for (const { key } of listed) {
    if (key.endsWith('.removed') || keys.has(`${key}.removed`)) continue;
    const point = await readObject<PlainPoint>(objectStore, key);
    if (point?.kind === 'point') yield point;
  }
}

/** @throws UNKNOWN_POINT */
export async function storedPoint(
  objectStore: ObjectStore,
  pointId: PointId,
): Promise<CommittedPoint> {
  const found = await findPoint(objectStore, pointId);
  if (found !== null) return found;
  throw new SnapledgerError('UNKNOWN_POINT', `there is no restore point ${pointId}`);
}

export async function findPoint(
  objectStore: ObjectStore,
  pointId: PointId,
): Promise<CommittedPoint | null> {
  for await (const point of storedPoints(objectStore)) {
    if (point.manifest.pointId === pointId) return point;
  }
  return null;
}

/** What has become of a point that was committed. */
export async function tracePlainPoint(
  objectStore: ObjectStore,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<PointTrace> {
  const objectKey = plainKeys.point(instanceId, pointId);
  const isThere = (await objectStore.head(objectKey)) !== null;
  // The mark after the point: it is made first, and stays.
  const isMarked = (await objectStore.head(plainKeys.removed(instanceId, pointId))) !== null;
  if (isMarked) return { kind: 'removed' };
  return isThere
    ? { kind: 'there' }
    : { kind: 'missing', objectKey, reason: 'the object is missing' };
}

/** @throws INVALID_ARGUMENT when a block of another point is in a pack of this one */
export async function refuseNeeded(objectStore: ObjectStore, pointId: PointId): Promise<void> {
  const prefix = plainKeys.packs(pointId);
  for await (const { manifest, volumes } of storedPoints(objectStore)) {
    if (manifest.pointId === pointId) continue;
    const blocks = volumes.flatMap((volume) => volume.blocks);
    const needs = blocks.some((block) => isStored(block) && block.pack.startsWith(prefix));
    if (needs) throw invalid(`the point ${manifest.pointId} needs the point ${pointId}`);
  }
}

export function readerOf(
  objectStore: ObjectStore,
  { manifest, volumes }: CommittedPoint,
): PointReader {
  return {
    manifest,
    async *readVolume(volumeId, { signal, consume } = {}) {
      const { blocks } = volumeIn({ kind: 'point', manifest, volumes }, volumeId);
      for (const [index, block] of blocks.entries()) {
        signal?.throwIfAborted();
        const part = await readPart(objectStore, index as BlockIndex, block);
        if (part.kind === 'blocks' && part.state === 'data') await consume?.(part);
        yield part;
      }
    },
    async *readStates(volumeId, first) {
      const { blocks } = volumeIn({ kind: 'point', manifest, volumes }, volumeId);
      for (const [number, block] of blocks.entries()) {
        if (number < first) continue;
        const state = isStored(block) ? 'data' : block;
        yield await Promise.resolve({
          kind: 'blocks',
          first: number as BlockIndex,
          state,
          blockCount: 1,
        });
      }
    },
    readBlock: async (volumeId, index) => {
      const { blocks, described } = volumeIn({ kind: 'point', manifest, volumes }, volumeId);
      const block = blocks[index] ?? 'absent';
      return isStored(block)
        ? await readStored(objectStore, block)
        : new Uint8Array(blockLengthBytes(described.sizeBytes, index));
    },
  };
}

/** @throws UNKNOWN_VOLUME */
export function volumeIn(
  { manifest, volumes }: CommittedPoint,
  volumeId: VolumeId,
): { readonly blocks: readonly PlainBlock[]; readonly described: PointVolume } {
  const blocks = volumes.find((volume) => volume.volumeId === volumeId)?.blocks;
  const described = manifest.volumes.find((volume) => volume.volumeId === volumeId);
  if (blocks !== undefined && described !== undefined) return { blocks, described };
  throw new SnapledgerError('UNKNOWN_VOLUME', `the point has no volume ${volumeId}`);
}

async function readPart(
  objectStore: ObjectStore,
  first: BlockIndex,
  block: PlainBlock,
): Promise<RestoredBlocks | DamagedBlocks> {
  const one = { first, blockCount: 1 };
  if (!isStored(block)) return { kind: 'blocks', ...one, state: block, bytes: new Uint8Array() };
  try {
    const bytes = await readStored(objectStore, block);
    return { kind: 'blocks', ...one, state: 'data', bytes };
  } catch (error) {
    const isDamage = (['OBJECT_NOT_FOUND', 'OBJECT_RANGE', 'OBJECT_CORRUPT'] as const).some(
      (code) => hasErrorCode(error, code),
    );
    if (!isDamage || !(error instanceof Error)) throw error;
    const { pack: objectKey, offset, lengthBytes } = block;
    return {
      ...{ kind: 'damage', objectKey, range: { offset, lengthBytes } },
      ...{ firstBlock: first, blockCount: 1, reason: error.message },
    };
  }
}

/** @throws OBJECT_NOT_FOUND, OBJECT_RANGE, OBJECT_CORRUPT */
async function readStored(
  objectStore: ObjectStore,
  { pack, offset, lengthBytes, sha256 }: StoredBlock,
): Promise<Uint8Array> {
  const bytes = await objectStore.get(pack, { offset, lengthBytes });
  if (sha256Of(bytes) !== sha256) throw corrupt(pack);
  return bytes;
}

function isStored(block: PlainBlock): block is StoredBlock {
  return typeof block === 'object';
}
