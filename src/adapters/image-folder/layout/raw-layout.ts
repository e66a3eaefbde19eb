import { blockCountOf } from '../../../domain/block-size.ts';
import { BlocksInPlace, type ImageLayout } from './image-layout.ts';

/** The bytes of the disk and nothing else. */
export function rawLayout(sizeBytes: number): ImageLayout {
  const blocks = new BlocksInPlace(blockCountOf(sizeBytes));
  return {
    fileMaxBytes: sizeBytes,
    place: (block) => blocks.place(block),
    placed: () => blocks.placed(),
    metadata: () => [],
    fileSizeBytes: () => sizeBytes,
  };
}
