import { blockSizeBytes } from '../../../domain/block-size.ts';
import { pagesFor, sharedPageAligned } from '../../../ports/page-aligned.ts';
import { recordMaxSizeBytes } from '../record/encode-record.ts';
import { decodeLimits } from './decode-limits.ts';

/** Longer than this no record can be; a reference that says otherwise is damaged. */
export const recordRoomBytes = recordMaxSizeBytes(blockSizeBytes);

const { sectionBlocksMax, getGapMaxBytes } = decodeLimits;
/** Enough whatever is fetched: each record by a get of its own, or all with gaps between them. */
const roomSizeBytes = sectionBlocksMax * (pagesFor(recordRoomBytes) + getGapMaxBytes);

/** Shared memory for the records of a section, which decoders read where they were fetched to. */
export interface SectionRoom {
  readonly buffer: SharedArrayBuffer;
  /** The whole of it. */
  readonly bytes: Uint8Array;
  /** Records in it that are still to be decoded. */
  recordsLeft: number;
}

/**
 * The rooms of one reader, used again and again: memory that is new to the process costs more than
 * what is done in it. Of each only the pages that were needed are ever taken from the machine.
 */
export class SectionRooms {
  readonly #free: SectionRoom[] = [];

  take(): SectionRoom {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const buffer = sharedPageAligned(roomSizeBytes);
    return { buffer, bytes: new Uint8Array(buffer, 0, roomSizeBytes), recordsLeft: 0 };
  }

  /** Says that `count` records were decoded; after the last one the room is used again. */
  release(room: SectionRoom, count: number): void {
    room.recordsLeft -= count;
    if (room.recordsLeft === 0) this.#free.push(room);
  }
}
