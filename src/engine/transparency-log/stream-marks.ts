import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { StreamName } from '../../ports/event-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { LogEntry } from './log-entry.ts';
import { parseStreamMarkKey, streamMarkKey, streamMarksPrefix } from './log-objects.ts';

/** How far a stream is in the log. */
export interface StreamHead {
  /** The first revision that is not sealed. */
  readonly nextRevision: number;
  /** Commitment to the last one that is; null when none is. */
  readonly commitment: Uint8Array | null;
}

const commitmentSizeBytes = 32;

/**
 * The marks in `ledger/streams/`: for each entry and stream how far it came, so that an engine need
 * not read the whole log. They repeat what the log says, and count for nothing in its proof.
 */
export class StreamMarks {
  readonly #objectStore: ObjectStore;

  constructor(objectStore: ObjectStore) {
    this.#objectStore = objectStore;
  }

  async headOf(stream: StreamName): Promise<StreamHead> {
    let nextRevision = 0;
    for await (const { key } of this.#objectStore.list(streamMarksPrefix(stream))) {
      nextRevision = parseStreamMarkKey(stream, key) ?? nextRevision;
    }
    if (nextRevision === 0) return { nextRevision, commitment: null };
    const content = await this.#objectStore.get(streamMarkKey(stream, nextRevision));
    return { nextRevision, commitment: content.subarray(0, commitmentSizeBytes) };
  }

  /** Makes the marks of an entry; to be repeated until it was done once. */
  async mark({ segments }: Pick<LogEntry, 'segments'>): Promise<void> {
    for (const { stream, firstRevision, records } of segments) {
      const last = records.at(-1);
      if (last === undefined) continue;
      const key = streamMarkKey(stream, firstRevision + records.length);
      if ((await this.#objectStore.head(key)) !== null) continue;
      try {
        await this.#objectStore.create(key, last.commitment);
      } catch (error) {
        if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
      }
    }
  }
}
