import type { DeviceName, VolumeId } from '../../../src/domain/identifiers.ts';
import type { ImageTarget } from '../../../src/ports/image-target.ts';

/** A restored volume; what was never written is zero. */
export interface MemoryImage {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly bytes: Uint8Array;
}

export interface MemoryImageTarget extends ImageTarget {
  /** Those that were finished without damage. */
  readonly images: readonly MemoryImage[];
}

/** Restores into memory, for disks that are small. */
export function createMemoryImageTarget(): MemoryImageTarget {
  const images: MemoryImage[] = [];
  return {
    images,
    check: () => Promise.resolve(),
    open: ({ volumeId, device, sizeBytes }) => {
      const bytes = new Uint8Array(sizeBytes);
      return Promise.resolve({
        write: (offsetBytes: number, part: Uint8Array) => {
          bytes.set(part, offsetBytes);
          return Promise.resolve();
        },
        finish: (damage: readonly unknown[]) => {
          if (damage.length === 0) images.push({ volumeId, device, bytes });
          return Promise.resolve({ location: device });
        },
        abort: () => Promise.resolve(),
      });
    },
  };
}
