import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { StreamName } from '../../ports/event-store.ts';
import type { LogEntry } from './log-entry.ts';
import { streamMarkKey, streamsPrefix } from './log-objects.ts';

/** How far a stream is in the log. */
export interface StreamHead {
  /** The first revision that is not sealed. */
  readonly nextRevision: number;
  /** Commitment to the last one that is; null when none is. */
  readonly commitment: Uint8Array | null;
}

/**
 * The marks in `ledger/streams/`: for each entry and stream how far it came, so that an engine need
 * not read the whole log. They repeat what the log says, and count for nothing in its proof.
 */
export class StreamMarks {
  readonly #objectStore: ObjectStore;

  constructor(objectStore: ObjectStore) {
    this.#objectStore = objectStore;
  }

  /** The furthest mark of every stream, by the name that the stream has in keys. */
  async all(): Promise<ReadonlyMap<string, number>> {
    const marked = new Map<string, number>();
    for await (const { key } of this.#objectStore.list(streamsPrefix)) {
      const [segment = '', revision = ''] = key.slice(streamsPrefix.length).split('/');
      if (/^\d{10}$/.test(revision)) marked.set(segment, Number(revision));
    }
    return marked;
  }

  /** What a mark says the last sealed record is; null when it is gone. */
  async commitmentIn(stream: StreamName, nextRevision: number): Promise<Uint8Array | null> {
    try {
      return await this.#objectStore.get(streamMarkKey(stream, nextRevision));
    } catch (error) {
      if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return null;
      throw error;
    }
  }

  /** Makes the marks of an entry; to be repeated until it was done once. */
  async mark({ segments }: Pick<LogEntry, 'segments'>): Promise<void> {
    for (const { stream, firstRevision, records } of segments) {
      const commitment = records.at(-1)?.commitment ?? null;
      await this.make(stream, { nextRevision: firstRevision + records.length, commitment });
    }
  }

  /** Makes a mark, if it is not there. */
  async make(stream: StreamName, { nextRevision, commitment }: StreamHead): Promise<void> {
    if (commitment === null) return;
    const key = streamMarkKey(stream, nextRevision);
    if ((await this.#objectStore.head(key)) !== null) return;
    try {
      await this.#objectStore.create(key, commitment);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
  }

  /** Puts another one in the place of a mark that is wrong; where nothing may be removed it stays. */
  async replace(stream: StreamName, head: StreamHead): Promise<void> {
    try {
      await this.#objectStore.delete(streamMarkKey(stream, head.nextRevision));
    } catch (error) {
      if (!hasErrorCode(error, 'STORE_ACCESS_DENIED')) throw error;
    }
    await this.make(stream, head);
  }
}
