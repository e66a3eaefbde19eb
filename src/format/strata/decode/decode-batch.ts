import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { corruptionReason } from '../object/object-corrupt.ts';
import { decodeRecord } from '../record/decode-record.ts';
import { releaseMemory } from '../record/release-memory.ts';
import { decodeEntryOf, openDecodeSlot } from './decode-slot.ts';

/** What a thread is told once, at its start. */
export interface DecoderSettings {
  readonly repositoryIdBytes: Uint8Array;
  /** K_id, in shared memory, so that erasing it erases it in every thread. */
  readonly blockIdKey: Uint8Array;
}

/** One batch to decode: where its records are, and how long the blocks are that they must hold. */
export interface DecodeJob {
  readonly slot: SharedArrayBuffer;
  readonly records: readonly {
    /** Memory that several threads read, and nobody writes meanwhile. */
    readonly room: SharedArrayBuffer;
    readonly offset: number;
    readonly recordLengthBytes: number;
    readonly plainLengthBytes: number;
  }[];
}

/** For each record null when its block is in its place, or why it cannot be had. */
export type DecodeReply = readonly (string | null)[];

/** Makes the function that a decoder thread performs: sound blocks are left in the slot. */
export function batchDecoder(settings: DecoderSettings): (job: DecodeJob) => DecodeReply {
  return (job) => {
    const slot = openDecodeSlot(job.slot);
    return job.records.map(({ room, offset, recordLengthBytes, plainLengthBytes }, position) => {
      const entry = decodeEntryOf(slot, position);
      try {
        const plain = decodeRecord({
          bytes: new Uint8Array(room, offset, recordLengthBytes),
          expected: { kind: 'block', id: entry.id, plainLengthBytes },
          idKey: settings.blockIdKey,
          kindKeyOf: (sessionIdBytes) =>
            Buffer.compare(sessionIdBytes, entry.sessionIdBytes) === 0 ? entry.blockKey : null,
          repositoryIdBytes: settings.repositoryIdBytes,
          // The reader of the volume knows where the record is, and tells it with the reason.
          location: { objectKey: 'record' },
        });
        entry.blockRoom.set(plain);
        releaseMemory(plain);
        return null;
      } catch (error) {
        if (!(error instanceof SnapledgerError) || error.code !== 'OBJECT_CORRUPT') throw error;
        return corruptionReason(error);
      }
    });
  };
}
