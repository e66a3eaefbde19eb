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
import { isSameEntry, type MapRoot } from '../map/map-node.ts';
import { mapRuns, runsFrom } from '../map/map-runs.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { CurrentPoint } from './current-point.ts';
import { readBlockRecord } from './read-block-record.ts';
import { type StoredVolume, storedVolumeOf } from './stored-point.ts';

/** Reads one committed point through its maps. */
export class StrataPointReader implements PointReader {
  readonly manifest: PointManifest;
  readonly #context: RepositoryContext;
  #point: CurrentPoint;

  constructor(context: RepositoryContext, point: CurrentPoint) {
    this.#context = context;
    this.#point = point;
    this.manifest = point.manifest;
  }

  /**
   * When damage is met after the map was given another place, the reading goes on there: what it
   * looked at may have been collected.
   */
  async *readVolume(
    volumeId: VolumeId,
    options: ReadVolumeOptions = {},
  ): AsyncGenerator<RestoredBlocks | DamagedBlocks> {
    let from = 0 as BlockIndex;
    for (;;) {
      const target = storedVolumeOf(this.#point, volumeId);
      const moved = yield* this.#readFrom(target, from, options);
      if (moved === null) return;
      from = moved;
    }
  }

  /** Gives the block at which to go on, with the point as it is then; null when all was read. */
  async *#readFrom(
    { volume, root }: StoredVolume,
    from: BlockIndex,
    options: ReadVolumeOptions,
  ): AsyncGenerator<RestoredBlocks | DamagedBlocks, BlockIndex | null> {
    const { objectStore, keys, keyring, nodeReader, clock, random } = this.#context;
    const blocks = readVolume({
      ...options,
      objectStore,
      clock,
      random,
      repositoryId: keys.repositoryId,
      blockIdKey: keys.blockIdKey,
      sessionKeysOf: (sessionId) => keyring.keysOf(sessionId),
      sizeBytes: volume.sizeBytes,
      runs: runsFrom(mapRuns(root, nodeReader), from),
    });
    for await (const run of blocks) {
      if (run.kind === 'damage' && (await this.#hasMoved(volume.volumeId, root)))
        return run.firstBlock;
      yield run;
    }
    return null;
  }

  async #hasMoved(volumeId: VolumeId, before: MapRoot): Promise<boolean> {
    this.#point = await this.#context.catalog.current(this.#point);
    return !isSameEntry(before.entry, storedVolumeOf(this.#point, volumeId).root.entry);
  }

  async *readStates(
    volumeId: VolumeId,
    first: BlockIndex,
  ): AsyncGenerator<BlockRun | DamagedBlocks> {
    const { root } = storedVolumeOf(this.#point, volumeId);
    for await (const run of mapRuns(root, this.#context.nodeReader, { first })) {
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

  async readBlock(volumeId: VolumeId, index: BlockIndex): Promise<Uint8Array> {
    const { root } = storedVolumeOf(this.#point, volumeId);
    try {
      return await this.#readBlock(volumeId, index);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
      if (!(await this.#hasMoved(volumeId, root))) throw error;
      return await this.#readBlock(volumeId, index);
    }
  }

  async #readBlock(volumeId: VolumeId, index: BlockIndex): Promise<Uint8Array> {
    const { volume, root } = storedVolumeOf(this.#point, volumeId);
    if (!Number.isInteger(index) || index < 0 || index >= root.blockCount) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `volume ${volumeId} has blocks 0 to ${root.blockCount - 1}, and no block ${index}`,
        { remedy: 'Read within the size of the volume.' },
      );
    }
    const lengthBytes = blockLengthBytes(volume.sizeBytes, index);
    const entry = await new MapCursor(root, this.#context.nodeReader).blockAt(index);
    if (typeof entry === 'string') return new Uint8Array(lengthBytes);
    return await readBlockRecord(this.#context, entry, lengthBytes);
  }
}
