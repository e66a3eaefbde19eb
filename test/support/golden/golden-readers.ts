import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { PointId, VolumeId } from '../../../src/domain/identifiers.ts';
import type { Repository } from '../../../src/format/repository.ts';
import { unlockRepository } from '../../../src/format/strata/slots/unlock-repository.ts';
import type { RepositoryKeys } from '../../../src/format/strata/keys/repository-keys.ts';
import { createRepositoryContext } from '../../../src/format/strata/repository/repository-context.ts';
import { StrataRepository } from '../../../src/format/strata/repository/strata-repository.ts';
import { strataFormat } from '../../../src/format/strata/strata-format.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';
import { StrataDefect } from '../../../tools/strata-reader/defect.ts';
import type { ObjectReader } from '../../../tools/strata-reader/object-reader.ts';
import { RecordReader } from '../../../tools/strata-reader/record-reader.ts';
import {
  openRepository,
  readPoints,
  type Repository as SecondRepository,
} from '../../../tools/strata-reader/repository.ts';
import { readVolume } from '../../../tools/strata-reader/volume-reader.ts';
import { goldenPassphrase } from './golden-repository.ts';
import { BlockListing, dataState } from './golden-volume.ts';

/** Objects by their keys, as a golden repository or a damaged copy of one has them. */
export type GoldenObjects = ReadonlyMap<string, Uint8Array>;

export async function storeOf(objects: GoldenObjects): Promise<ObjectStore> {
  const store = createMemoryObjectStore();
  for (const [key, bytes] of objects) await store.create(key as ObjectKey, bytes);
  return store;
}

export function readerOf(objects: GoldenObjects): ObjectReader {
  return {
    keys: () => [...objects.keys()],
    sizeOf: (key) => objects.get(key)?.length,
    read: (key, offset, lengthBytes) => {
      const bytes = objects.get(key);
      if (bytes === undefined) throw new StrataDefect(key, 'the object is missing');
      if (offset + lengthBytes > bytes.length) throw new StrataDefect(key, 'ends too early');
      return Buffer.from(bytes.subarray(offset, offset + lengthBytes));
    },
  };
}

/**
 * Opens copies of one golden repository: the passphrase is tried only once for each reader,
 * because Argon2id is made to be slow.
 */
export class GoldenReaders {
  readonly #keys: RepositoryKeys;
  readonly #second: SecondRepository;

  private constructor(keys: RepositoryKeys, second: SecondRepository) {
    this.#keys = keys;
    this.#second = second;
  }

  static async unlock(objects: GoldenObjects): Promise<GoldenReaders> {
    const secret = { kind: 'passphrase', passphrase: goldenPassphrase } as const;
    const keys = await unlockRepository({ objectStore: await storeOf(objects), secret });
    return new GoldenReaders(keys, openRepository(readerOf(objects), goldenPassphrase));
  }

  get keys(): RepositoryKeys {
    return this.#keys;
  }

  /** The copy, through the product. @param place `caller` spares the start of threads for each copy */
  async product(
    objects: GoldenObjects,
    place: 'threads' | 'caller' = 'threads',
  ): Promise<Repository> {
    const objectStore = await storeOf(objects);
    const options = { objectStore, clock: systemClock, random: systemRandom };
    const keys = structuredClone(this.#keys);
    return new StrataRepository(strataFormat, createRepositoryContext(options, keys, place));
  }

  /** The copy, through the second reader. */
  second(objects: GoldenObjects): SecondRepository {
    return { ...this.#second, objects: readerOf(objects) };
  }
}

/** What became of a volume that was read: a listing with `damaged` runs, and what was said. */
export interface VolumeReading {
  readonly blocks: readonly string[];
  readonly complaints: readonly string[];
}

/** By point key and volume id; a point that cannot be opened has one complaint, and no volumes. */
export interface PointReading {
  readonly volumes: Readonly<Record<string, VolumeReading>>;
  readonly complaint: string | null;
}

/** Restores every volume of a point with the product. */
export async function readWithProduct(
  repository: Repository,
  pointKey: string,
): Promise<PointReading> {
  const pointId = pointKey.slice(pointKey.lastIndexOf('/') + 1) as PointId;
  const volumes: Record<string, VolumeReading> = {};
  let point;
  try {
    point = await repository.openPoint(pointId);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { volumes, complaint: error.message };
  }
  for (const { volumeId } of point.manifest.volumes) {
    volumes[volumeId] = await readVolumeWithProduct(point, volumeId);
  }
  return { volumes, complaint: null };
}

async function readVolumeWithProduct(
  point: Awaited<ReturnType<Repository['openPoint']>>,
  volumeId: VolumeId,
): Promise<VolumeReading> {
  const listing = new BlockListing();
  const complaints: string[] = [];
  for await (const part of point.readVolume(volumeId)) {
    if (part.kind === 'damage') {
      listing.add(part.firstBlock, part.blockCount, 'damaged');
      complaints.push(`${part.objectKey} ${part.range?.offset ?? ''}: ${part.reason}`);
    } else if (part.state !== 'data') {
      listing.add(part.first, part.blockCount, part.state);
    } else {
      for (let n = 0; n < part.blockCount; n += 1) {
        const content = part.bytes.subarray(n * blockSizeBytes, (n + 1) * blockSizeBytes);
        listing.add(part.first + n, 1, dataState(content));
      }
    }
  }
  return { blocks: listing.lines(), complaints };
}

/** Restores every volume of a point with the second reader. */
export function readWithSecond(repository: SecondRepository, pointKey: string): PointReading {
  const volumes: Record<string, VolumeReading> = {};
  const found = readPoints(repository).find(({ key }) => key === pointKey);
  if (found?.kind === 'damaged') return { volumes, complaint: found.defect.message };
  if (found?.kind !== 'point') return { volumes, complaint: `${pointKey}: there is no point` };
  const records = new RecordReader(repository);
  for (const volume of found.manifest.volumes) {
    const listing = new BlockListing();
    const complaints: string[] = [];
    for (const extent of readVolume(records, volume)) {
      const { first, count, state } = extent;
      listing.add(first, count, state === 'data' ? dataState(extent.content) : state);
      if (state === 'damaged') complaints.push(extent.defect.message);
    }
    volumes[volume.volumeId] = { blocks: listing.lines(), complaints };
  }
  return { volumes, complaint: null };
}
