import type { StrataDefect } from './defect.ts';
import type { Volume } from './manifest.ts';
import { blockBytes } from './record.ts';
import type { RecordReader } from './record-reader.ts';
import { readVolume } from './volume-reader.ts';

/** Blocks that could not be restored, and why. */
export interface DamagedRun {
  readonly first: number;
  readonly count: number;
  readonly defect: StrataDefect;
}

/**
 * Hands every block with data to `write`, in ascending order; all other bytes of the volume are
 * zero. Gives the runs of blocks that could not be read, none of which reached `write`.
 */
export function restoreVolume(
  records: RecordReader,
  volume: Volume,
  write: (offset: number, content: Buffer) => void,
): readonly DamagedRun[] {
  const damaged: DamagedRun[] = [];
  for (const extent of readVolume(records, volume)) {
    switch (extent.state) {
      case 'absent':
      case 'zero':
        break;
      case 'data':
        write(extent.first * blockBytes, extent.content);
        break;
      case 'damaged':
        damaged.push({ first: extent.first, count: extent.count, defect: extent.defect });
        break;
    }
  }
  return damaged;
}
