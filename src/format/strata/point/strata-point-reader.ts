import type {
  BlockRun,
  DamagedBlocks,
  PointManifest,
  PointReader,
  ReadVolumeOptions,
  RestoredBlocks,
} from '../../restore-point.ts';
import { blockLengthBytes } from '../../../domain/block-size.ts';
import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, VolumeId } from '../../../domain/identifiers.ts';
import { readVolume } from '../decode/read-volume.ts';
import { MapCursor } from '../map/map-cursor.ts';
import type { MapRun } from '../map/map-run.ts';
import { mapRuns, runsFrom } from '../map/map-runs.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { CurrentPoint } from './current-point.ts';
import { MapFollower } from './map-follower.ts';
import { readBlockRecord } from './read-block-record.ts';
import { type StoredVolume, storedVolumeOf } from './stored-point.ts';

/** Reads one committed point through its maps. */
export class StrataPointReader implements PointReader {
  readonly manifest: PointManifest;
  readonly #context: RepositoryContext;
  readonly #point: CurrentPoint;
  readonly #followers = new Map<VolumeId, MapFollower>();

  constructor(context: RepositoryContext, point: CurrentPoint) {
    this.#context = context;
    this.#point = point;
    this.manifest = point.manifest;
  }

  async *readVolume(
    volumeId: VolumeId,
    options: ReadVolumeOptions = {},
  ): AsyncGenerator<RestoredBlocks | DamagedBlocks> {
    const { objectStore, keys, keyring, nodeReader, clock, random, place } = this.#context;
    yield* this.#followed(volumeId, 0 as BlockIndex, ({ volume, root }, from) =>
      readVolume({
        ...options,
        place,
        objectStore,
        clock,
        random,
        repositoryId: keys.repositoryId,
        blockIdKey: keys.blockIdKey,
        sessionKeysOf: (sessionId) => keyring.keysOf(sessionId),
        sizeBytes: volume.sizeBytes,
        runs: runsFrom(mapRuns(root, nodeReader), from),
      }),
    );
  }

  async *readStates(
    volumeId: VolumeId,
    first: BlockIndex,
  ): AsyncGenerator<BlockRun | DamagedBlocks> {
    const { nodeReader } = this.#context;
    yield* this.#followed(volumeId, first, ({ root }, from) =>
      statesOf(mapRuns(root, nodeReader, { first: from })),
    );
  }

  /**
   * When damage is met after the map was given another place, the reading goes on there: what it
   * looked at may have been collected.
   */
  async *#followed<Run extends BlockRun>(
    volumeId: VolumeId,
    first: BlockIndex,
    read: (target: StoredVolume, from: BlockIndex) => AsyncIterable<Run | DamagedBlocks>,
  ): AsyncGenerator<Run | DamagedBlocks> {
    const follower = this.#followerOf(volumeId);
    let from: BlockIndex | null = first;
    while (from !== null) {
      const runs = read(follower.target, from);
      from = null;
      for await (const run of runs) {
        if (!isDamage(run)) {
          yield run;
          continue;
        }
        const judged = await follower.judge<DamagedBlocks>(run);
        if (judged === 'moved') {
          from = run.firstBlock;
          break;
        }
        yield judged;
      }
    }
  }

  #followerOf(volumeId: VolumeId): MapFollower {
    const known = this.#followers.get(volumeId);
    if (known !== undefined) return known;
    const target = storedVolumeOf(this.#point, volumeId);
    const follower = new MapFollower(this.#context.catalog, this.manifest, target);
    this.#followers.set(volumeId, follower);
    return follower;
  }

  async readBlock(volumeId: VolumeId, index: BlockIndex): Promise<Uint8Array> {
    const follower = this.#followerOf(volumeId);
    try {
      return await this.#readBlock(follower.target, index);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT') || !(await follower.hasMoved())) throw error;
      return await this.#readBlock(follower.target, index);
    }
  }

  async #readBlock({ volume, root }: StoredVolume, index: BlockIndex): Promise<Uint8Array> {
    if (!Number.isInteger(index) || index < 0 || index >= root.blockCount) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `volume ${volume.volumeId} has blocks 0 to ${root.blockCount - 1}, and no block ${index}`,
        { remedy: 'Read within the size of the volume.' },
      );
    }
    const lengthBytes = blockLengthBytes(volume.sizeBytes, index);
    const entry = await new MapCursor(root, this.#context.nodeReader).blockAt(index);
    if (typeof entry === 'string') return new Uint8Array(lengthBytes);
    return await readBlockRecord(this.#context, entry, lengthBytes);
  }
}

function isDamage(run: { readonly kind: string }): run is DamagedBlocks {
  return run.kind === 'damage';
}

async function* statesOf(runs: AsyncIterable<MapRun>): AsyncGenerator<BlockRun | DamagedBlocks> {
  for await (const run of runs) {
    switch (run.kind) {
      case 'damage':
        yield run;
        break;
      case 'data':
        yield { kind: 'blocks', first: run.first, state: 'data', blockCount: run.refs.length };
        break;
      case 'absent':
      case 'zero':
        yield { ...run, kind: 'blocks', state: run.kind };
        break;
    }
  }
}
