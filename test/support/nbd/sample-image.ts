import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { ImageExtent, ImagePiece, ImageSource } from '../../../src/ports/image-source.ts';

export interface SamplePart {
  readonly state: ImageExtent['state'] | 'damaged';
  readonly lengthBytes: number;
}

/** The byte at a place of a part with data; never zero. */
export function sampleByte(offset: number): number {
  return 1 + (offset % 251);
}

/** An image of a few parts, with content that tells where it is from. */
export function sampleImage(parts: readonly SamplePart[]): ImageSource {
  const sizeBytes = parts.reduce((sum, part) => sum + part.lengthBytes, 0);
  function* cut(offset: number, lengthBytes: number): Generator<SamplePart & { offset: number }> {
    let begin = 0;
    for (const part of parts) {
      const from = Math.max(begin, offset);
      const to = Math.min(begin + part.lengthBytes, offset + lengthBytes);
      if (to > from) yield { ...part, offset: from, lengthBytes: to - from };
      begin += part.lengthBytes;
    }
  }
  return {
    sizeBytes,
    async *read(offset, lengthBytes): AsyncGenerator<ImagePiece> {
      for (const part of cut(offset, lengthBytes)) {
        await Promise.resolve();
        if (part.state === 'damaged') throw new SnapledgerError('OBJECT_CORRUPT', 'it is damaged');
        const isData = part.state === 'data';
        const bytes = isData
          ? Uint8Array.from({ length: part.lengthBytes }, (_, n) => sampleByte(part.offset + n))
          : new Uint8Array();
        yield { ...part, state: part.state, bytes };
      }
    },
    async *extents(offset, lengthBytes): AsyncGenerator<ImageExtent> {
      for (const part of cut(offset, lengthBytes)) {
        await Promise.resolve();
        yield { ...part, state: part.state === 'damaged' ? 'data' : part.state };
      }
    },
  };
}
