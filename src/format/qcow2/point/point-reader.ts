import { blockCountOf, blockLengthBytes } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, VolumeId } from '../../../domain/identifiers.ts';
import type {
  BlockRun,
  DamagedBlocks,
  PointManifest,
  PointReader,
  PointVolume,
  ReadVolumeOptions,
  RestoredBlocks,
} from '../../restore-point.ts';
import { type ChainImage, readChain } from '../image/image-chain.ts';
import { damageOf } from './damaged-blocks.ts';
import { isDamage } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { CurrentChain } from './current-chain.ts';
import { readCluster } from './record-reader.ts';
import { readVolume } from './read-volume.ts';
import type { CommittedPoint } from './stored-point.ts';

/** Reads one committed point, also while a merge gives it other images. */
export class Qcow2PointReader implements PointReader {
  readonly manifest: PointManifest;
  readonly #context: RepositoryContext;
  readonly #chains = new Map<VolumeId, CurrentChain>();

  constructor(context: RepositoryContext, { manifest }: CommittedPoint) {
    this.#context = context;
    this.manifest = manifest;
  }

  async *readVolume(
    volumeId: VolumeId,
    { signal, consume }: ReadVolumeOptions = {},
  ): AsyncGenerator<RestoredBlocks | DamagedBlocks, void> {
    const { sizeBytes } = this.#volume(volumeId);
    for await (const part of readVolume(
      this.#context,
      this.#chainOf(volumeId),
      sizeBytes,
      signal,
    )) {
      if (part.kind === 'blocks' && part.state === 'data') await consume?.(part);
      yield part;
    }
  }

  async *readStates(
    volumeId: VolumeId,
    first: BlockIndex,
  ): AsyncGenerator<BlockRun | DamagedBlocks, void> {
    const end = blockCountOf(this.#volume(volumeId).sizeBytes);
    const chain = this.#chainOf(volumeId);
    let at: number = first;
    while (at < end) {
      let images: readonly ChainImage[] = [];
      try {
        images = await chain.images();
        const runs = readChain(this.#context, images, at, end);
        for await (const { first: begin, count, state } of runs) {
          at = begin + count;
          yield { kind: 'blocks', first: begin as BlockIndex, state, blockCount: count };
        }
      } catch (error) {
        if (!isDamage(error)) throw error;
        if (await chain.hasChangedSince(images)) continue;
        const damage = damageOf(error, at, end);
        at = damage.firstBlock + damage.blockCount;
        yield damage;
      }
    }
  }

  async readBlock(volumeId: VolumeId, index: BlockIndex): Promise<Uint8Array> {
    const { sizeBytes } = this.#volume(volumeId);
    const lengthBytes = blockLengthBytes(sizeBytes, index);
    const chain = this.#chainOf(volumeId);
    for (;;) {
      const images = await chain.images();
      try {
        for await (const run of readChain(this.#context, images, index, index + 1)) {
          if (run.state === 'data') {
            return (await readCluster(this.#context, run)).subarray(0, lengthBytes);
          }
        }
        return new Uint8Array(lengthBytes);
      } catch (error) {
        if (isDamage(error) && (await chain.hasChangedSince(images))) continue;
        throw error;
      }
    }
  }

  #chainOf(volumeId: VolumeId): CurrentChain {
    const known = this.#chains.get(volumeId);
    if (known !== undefined) return known;
    const { instanceId, pointId } = this.manifest;
    const chain = new CurrentChain(this.#context, instanceId, { pointId, volumeId });
    this.#chains.set(volumeId, chain);
    return chain;
  }

  #volume(volumeId: VolumeId): PointVolume {
    const found = this.manifest.volumes.find((volume) => volume.volumeId === volumeId);
    if (found !== undefined) return found;
    throw new SnapledgerError('UNKNOWN_VOLUME', `the point has no volume ${volumeId}`, {
      remedy: "'snapledger points' lists what a point has.",
    });
  }
}
