import { blockLengthBytes, blockSizeBytes } from '../../domain/block-size.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../domain/identifiers.ts';
import type { BlockState, PointReader, PointVolume } from '../../format/restore-point.ts';
import type { ImageExtent, ImagePiece, ImageSource } from '../../ports/image-source.ts';
import type { BlockCache } from './block-cache.ts';

/** Blocks of one read that are fetched while the one before is being used. */
const blocksAheadMax = 4;

/** A block of a read that is on its way. */
interface ComingBlock {
  readonly extent: ImageExtent;
  readonly bytes: Promise<Uint8Array>;
}

/** A volume of a point, to be read at any place without restoring it. */
export class PointImage implements ImageSource {
  readonly volume: PointVolume;
  readonly #reader: PointReader;
  readonly #cache: BlockCache;

  constructor(reader: PointReader, volume: PointVolume, cache: BlockCache) {
    this.#reader = reader;
    this.volume = volume;
    this.#cache = cache;
  }

  get sizeBytes(): number {
    return this.volume.sizeBytes;
  }

  async *extents(offset: number, lengthBytes: number): AsyncGenerator<ImageExtent> {
    const waiting: ImageExtent[] = [];
    try {
      for await (const extent of this.#unmerged(offset, lengthBytes)) {
        const [before] = waiting;
        if (before?.state === extent.state) {
          waiting[0] = { ...before, lengthBytes: before.lengthBytes + extent.lengthBytes };
        } else {
          yield* waiting.splice(0, 1, extent);
        }
      }
    } catch (error) {
      // What is sound before the damage is still told.
      yield* waiting;
      throw error;
    }
    yield* waiting;
  }

  async *read(offset: number, lengthBytes: number): AsyncGenerator<ImagePiece> {
    const coming: ComingBlock[] = [];
    try {
      for await (const extent of this.extents(offset, lengthBytes)) {
        if (extent.state !== 'data') {
          while (coming.length > 0) yield await arrived(coming);
          yield { ...extent, bytes: new Uint8Array() };
          continue;
        }
        for (const part of partsInBlocks(extent)) {
          if (coming.length >= blocksAheadMax) yield await arrived(coming);
          coming.push(this.#ahead(part));
        }
      }
    } catch (error) {
      // What is sound before the damage still comes; a block that failed itself fails here again.
      while (coming.length > 0) yield await arrived(coming);
      throw error;
    }
    while (coming.length > 0) yield await arrived(coming);
  }

  #ahead(extent: ImageExtent): ComingBlock {
    const bytes = this.#block(blockAt(extent.offset));
    // It may fail before anybody waits for it, or when nobody will; whose turn comes is told.
    bytes.catch(() => undefined);
    return { extent, bytes };
  }

  async #block(index: BlockIndex): Promise<Uint8Array> {
    const { volumeId, sizeBytes } = this.volume;
    const name = `${volumeId} ${index}`;
    const bytes = await this.#cache.get(name, () => this.#reader.readBlock(volumeId, index));
    if (bytes.byteLength === blockLengthBytes(sizeBytes, index)) return bytes;
    throw new SnapledgerError('OBJECT_CORRUPT', `block ${index} of ${volumeId} has another length`);
  }

  /** Runs of blocks as the map has them, cut to the range. */
  async *#unmerged(offset: number, lengthBytes: number): AsyncGenerator<ImageExtent> {
    const { volumeId, sizeBytes } = this.volume;
    const end = offset + lengthBytes;
    if (offset < 0 || lengthBytes < 0 || end > sizeBytes) throw beyondEnd(this.volume);
    if (lengthBytes === 0) return;
    let next = offset;
    for await (const run of this.#reader.readStates(volumeId, blockAt(offset))) {
      if (run.kind === 'damage') {
        const { objectKey, reason } = run;
        const message = `the object ${objectKey} is damaged: ${reason}`;
        throw new SnapledgerError('OBJECT_CORRUPT', message, { details: { objectKey } });
      }
      const runEnd = Math.min((run.first + run.blockCount) * blockSizeBytes, end);
      yield { state: extentState(run.state), offset: next, lengthBytes: runEnd - next };
      next = runEnd;
      if (next === end) return;
    }
    throw new SnapledgerError(
      'OBJECT_CORRUPT',
      `what is known of ${volumeId} ends at byte ${next}`,
    );
  }
}

async function arrived(coming: ComingBlock[]): Promise<ImagePiece> {
  const [{ extent, bytes }] = coming as [ComingBlock];
  const block = await bytes;
  coming.shift();
  const begin = extent.offset % blockSizeBytes;
  return { ...extent, bytes: block.subarray(begin, begin + extent.lengthBytes) };
}

/** An extent, cut where blocks begin. */
function* partsInBlocks({ state, offset, lengthBytes }: ImageExtent): Generator<ImageExtent> {
  const end = offset + lengthBytes;
  for (let begin = offset; begin < end;) {
    const partEnd = Math.min((blockAt(begin) + 1) * blockSizeBytes, end);
    yield { state, offset: begin, lengthBytes: partEnd - begin };
    begin = partEnd;
  }
}

function blockAt(offset: number): BlockIndex {
  return Math.floor(offset / blockSizeBytes) as BlockIndex;
}

function extentState(state: BlockState): ImageExtent['state'] {
  return state === 'absent' ? 'hole' : state;
}

function beyondEnd({ volumeId, sizeBytes }: PointVolume): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `${volumeId} has ${sizeBytes} bytes, and no more`,
    { remedy: 'Read within its size.' },
  );
}
