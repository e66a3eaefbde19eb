import type {
  BlockRun,
  DamagedBlocks,
  PointManifest,
  PointReader,
  ReadVolumeOptions,
  RestoredBlocks,
} from '../../restore-point.ts';
import { blockLengthBytes } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, VolumeId } from '../../../domain/identifiers.ts';
import { readVolume } from '../decode/read-volume.ts';
import { MapCursor } from '../map/map-cursor.ts';
import { locationOf } from '../map/map-node-reader.ts';
import { mapRuns } from '../map/map-runs.ts';
import type { BlockRef } from '../map/record-ref.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { requiredObject } from '../object/required-object.ts';
import { decodeRecord } from '../record/decode-record.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { StoredPoint } from './stored-point.ts';
import { storedVolumeOf } from './stored-point.ts';

/** Reads one committed point through its maps. */
export class StrataPointReader implements PointReader {
  readonly manifest: PointManifest;
  readonly #context: RepositoryContext;
  readonly #point: StoredPoint;

  constructor(context: RepositoryContext, point: StoredPoint) {
    this.#context = context;
    this.#point = point;
    this.manifest = point.manifest;
  }

  async *readVolume(
    volumeId: VolumeId,
    options: ReadVolumeOptions = {},
  ): AsyncGenerator<RestoredBlocks | DamagedBlocks> {
    const { objectStore, keys, keyring, nodeReader, clock, random } = this.#context;
    const { volume, root } = storedVolumeOf(this.#point, volumeId);
    yield* readVolume({
      ...options,
      objectStore,
      clock,
      random,
      repositoryId: keys.repositoryId,
      blockIdKey: keys.blockIdKey,
      sessionKeysOf: (sessionId) => keyring.keysOf(sessionId),
      sizeBytes: volume.sizeBytes,
      runs: mapRuns(root, nodeReader),
    });
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
    return await this.#readRecord(entry, lengthBytes);
  }

  async #readRecord(ref: BlockRef, plainLengthBytes: number): Promise<Uint8Array> {
    const { objectStore, keys, keyring } = this.#context;
    const { offset, lengthBytes } = ref;
    const { sessionId, key } = ref.pack;
    const session = await requiredObject(
      { objectKey: sessionKeyKey(sessionId) },
      keyring.keysOf(sessionId),
    );
    return decodeRecord({
      bytes: await requiredObject(locationOf(ref), objectStore.get(key, { offset, lengthBytes })),
      expected: { kind: 'block', id: ref.id, plainLengthBytes },
      idKey: keys.blockIdKey,
      kindKeyOf: (bytes) =>
        Buffer.compare(bytes, session.sessionIdBytes) === 0 ? session.blockKey : null,
      repositoryIdBytes: keys.repositoryIdBytes,
      location: locationOf(ref),
    });
  }
}
