import { blockSizeBytes } from '../../domain/block-size.ts';
import type { RestoredVolume } from '../../domain/restore-session/restore-events.ts';
import { known } from '../../domain/sensitive/sensitive.ts';
import { assert } from '../../domain/errors/assert.ts';
import type {
  DamagedBlocks,
  PointReader,
  PointVolume,
  RestoredBlocks,
} from '../../format/restore-point.ts';
import type { ImageDamage, ImageTarget, ImageWriter } from '../../ports/image-target.ts';
import type { RestoreRequest } from '../engine.ts';

/**
 * Blocks that a writer is told of at once: a volume of nothing else can be told of, and cancelled, as one
 * of data can.
 */
const passedBlocksMax = 64;

/** Damaged pieces that are listed one by one; a volume with more is beyond listing. */
const damageListMax = 100_000;

/**
 * Writes one volume of a point to the target. What is damaged is left out and told of; everything
 * sound is written.
 */
export async function restoreVolume(
  reader: PointReader,
  volume: PointVolume,
  target: ImageTarget,
  options: Pick<RestoreRequest, 'onProgress'> & { readonly signal: AbortSignal },
): Promise<RestoredVolume> {
  const { volumeId, device, sizeBytes } = volume;
  const { signal } = options;
  const writer = await target.open({ volumeId, device, sizeBytes, signal });
  try {
    const written = await writeBlocks(reader, volume, writer, options);
    const { location } = await writer.finish(written.damage);
    const { bytesWritten, bytesDamaged } = written;
    return {
      volumeId,
      device,
      sizeBytes,
      location: known(location),
      bytesWritten,
      bytesDamaged,
    };
  } catch (error) {
    // What went wrong first is what counts; an unfinished image that stays has no final name.
    await Promise.allSettled([writer.abort()]);
    throw error;
  }
}

interface WrittenBlocks {
  readonly bytesWritten: number;
  readonly bytesDamaged: number;
  readonly damage: readonly ImageDamage[];
}

async function writeBlocks(
  reader: PointReader,
  { volumeId, device, sizeBytes }: PointVolume,
  writer: ImageWriter,
  { signal, onProgress }: Parameters<typeof restoreVolume>[3],
): Promise<WrittenBlocks> {
  const damage: ImageDamage[] = [];
  let bytesWritten = 0;
  let bytesDamaged = 0;
  let nextBlock = 0;
  let bytesRead = 0;
  const consume = async ({ first, bytes }: RestoredBlocks): Promise<void> => {
    await writer.write(first * blockSizeBytes, bytes);
    bytesWritten += bytes.byteLength;
  };
  for await (const run of reader.readVolume(volumeId, { signal, consume })) {
    const first = run.kind === 'blocks' ? run.first : run.firstBlock;
    assert(first === nextBlock, 'a volume is read in order and without a gap');
    nextBlock += run.blockCount;
    if (run.kind === 'damage') {
      const piece = imageDamage(run, sizeBytes);
      bytesDamaged += piece.lengthBytes;
      if (damage.length < damageListMax) damage.push(piece);
      else damage[damageListMax - 1] = restOfDamage(piece, sizeBytes);
    } else if (run.state === 'data') {
      bytesRead += run.bytes.byteLength;
    }
    const content = run.kind === 'damage' ? 'damaged' : run.state;
    const atOnce = writer.passed === undefined ? run.blockCount : passedBlocksMax;
    for (let from: number = first; from < nextBlock; from += atOnce) {
      signal.throwIfAborted();
      const end = Math.min(from + atOnce, nextBlock);
      const offsetBytes = from * blockSizeBytes;
      await writer.passed?.({
        offsetBytes,
        lengthBytes: end * blockSizeBytes - offsetBytes,
        content,
      });
      const bytesDone = Math.min(end * blockSizeBytes, sizeBytes);
      onProgress?.({ volumeId, device, bytesDone, bytesTotal: sizeBytes });
    }
  }
  assert(nextBlock * blockSizeBytes >= sizeBytes, 'a volume is read to its end');
  assert(bytesWritten === bytesRead, 'whatever is read has been consumed');
  return { bytesWritten, bytesDamaged, damage };
}

/** The last entry of a list that is too long: everything from here on has to be taken as damaged. */
function restOfDamage({ offsetBytes }: ImageDamage, sizeBytes: number): ImageDamage {
  const reason = 'more damage than is listed lies before this, and perhaps after it';
  return { offsetBytes, lengthBytes: sizeBytes - offsetBytes, objectKey: '', reason };
}

function imageDamage(
  { firstBlock, blockCount, objectKey, reason }: DamagedBlocks,
  sizeBytes: number,
): ImageDamage {
  const offsetBytes = firstBlock * blockSizeBytes;
  const endBytes = Math.min(offsetBytes + blockCount * blockSizeBytes, sizeBytes);
  return { offsetBytes, lengthBytes: endBytes - offsetBytes, objectKey, reason };
}
