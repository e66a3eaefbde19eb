import { lstat } from 'node:fs/promises';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { isAbsent } from '../../platform/errno.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import { LaidOutImage } from './laid-out-image.ts';
import type { ImageFormat, ImageLayout } from './layout/image-layout.ts';
import { qcow2Layout } from './layout/qcow2-layout.ts';
import { rawLayout } from './layout/raw-layout.ts';
import { vhdLayout } from './layout/vhd-layout.ts';
import { damagedPathOf, openRawImage } from './raw-image.ts';
import { targetErrors } from './target-errors.ts';

export interface ImageFileOptions {
  /** Nothing may be there. The folder exists. */
  readonly path: string;
  readonly format: ImageFormat;
  /** 16 bytes that no other image has; some formats have room for them. */
  readonly uuid: () => Uint8Array;
}

/** Restores one volume to an image file of a format that other programs read. */
export function imageFile({ path, format, uuid }: ImageFileOptions): ImageTarget {
  const refuseTaken = async (): Promise<void> => {
    for (const taken of [path, damagedPathOf(path), `${damagedPathOf(path)}.json`]) {
      if (await exists(taken)) {
        throw new SnapledgerError('TARGET_EXISTS', `'${taken}' exists already`, {
          remedy: 'Name another file, or move this one away: an export replaces nothing.',
        });
      }
    }
  };
  return {
    check: async (volumes) => {
      if (volumes.length !== 1) {
        throw new SnapledgerError('INVALID_ARGUMENT', 'one file holds one volume', {
          remedy: `Name one of ${volumes.map(({ device }) => device).join(', ')}.`,
        });
      }
      await refuseTaken();
    },
    open: async ({ sizeBytes }) => {
      await refuseTaken();
      const layout = layoutOf(format, sizeBytes, uuid);
      const sized = { path, sizeBytes: layout.fileMaxBytes, existing: 'refuse' } as const;
      return new LaidOutImage(await openRawImage(sized), layout, sizeBytes);
    },
  };
}

function layoutOf(format: ImageFormat, sizeBytes: number, uuid: () => Uint8Array): ImageLayout {
  switch (format) {
    case 'raw':
      return rawLayout(sizeBytes);
    case 'qcow2':
      return qcow2Layout(sizeBytes);
    case 'vhd':
      return vhdLayout(sizeBytes, uuid());
  }
}

function exists(path: string): Promise<boolean> {
  return targetErrors(path, async () => {
    try {
      await lstat(path);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  });
}
