import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EventStore, StreamName } from '../../ports/event-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { signCheckpoint } from './checkpoint.ts';
import { encodeLogEntry, type LogEntry, type LogSegment } from './log-entry.ts';
import type { LogKeys } from './log-keys.ts';
import { logLimits } from './log-limits.ts';
import { entryKey } from './log-objects.ts';
import type { LogTail } from './log-tail.ts';
import { type MerkleFrontier, rootOf, withLeaf } from './merkle-frontier.ts';
import { SealedHeads } from './sealed-heads.ts';
import { type SealedRecord, sealRecord } from './sealed-record.ts';
import { SubjectKeys } from './subject-keys.ts';
import { unsealedRecords } from './unsealed-records.ts';

/** A stream to seal, and whose key seals it. */
export interface StreamToSeal {
  readonly stream: StreamName;
  readonly subject: string;
}

/** What the log has. */
export interface SealedSoFar {
  /** Of each stream the first revision that it does not have, by the names that streams have in keys. */
  readonly nextRevisions: ReadonlyMap<string, number>;
  /** An entry has room for so much, and can end within a stream. */
  readonly inLastEntry: ReadonlySet<StreamName>;
}

export interface LogWriterOptions {
  readonly objectStore: ObjectStore;
  readonly eventStore: EventStore;
  readonly random: RandomSource;
  readonly keys: LogKeys;
}

/** Appends records of the event store to the log in the repository. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #heads: SealedHeads;
  readonly #subjectKeys: SubjectKeys;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    const { objectStore, keys, random } = options;
    this.#heads = new SealedHeads(objectStore, keys.signer);
    this.#subjectKeys = new SubjectKeys(objectStore, keys, random);
  }

  /**
   * Seals what the streams have and the log has not. Nothing is done for streams that are sealed
   * already, so it may be repeated at any time, by any number of engines: creating an entry's
   * object is the append, and whoever comes second looks again.
   *
   * @returns the signed checkpoint of the log as it is then, or null when it is empty
   * @throws LEDGER_DIVERGED when the event store is not the one that was sealed
   * @throws LEDGER_TAMPERED when the log is not what its key signed, as far as it has to be read, or when
   *   it was cut off
   */
  async seal(streams: readonly StreamToSeal[]): Promise<string | null> {
    for (let conflicts = 0; conflicts <= logLimits.conflictsMax;) {
      const tail = await this.#heads.refresh();
      const segments = await this.#nextSegments(streams);
      if (segments === 'corrected') continue;
      if (segments.length === 0) return tail.last?.checkpoint ?? null;
      if ((await this.#append(tail, segments)) === 'conflict') conflicts += 1;
    }
    throw new SnapledgerError(
      'STORE_UNAVAILABLE',
      `${logLimits.conflictsMax} other engines were faster to append to the sealed ledger`,
      { retry: 'retryable', remedy: 'Try again later.' },
    );
  }

  /** @throws LEDGER_TAMPERED as `seal` */
  async sealedStreams(): Promise<SealedSoFar> {
    const { last } = await this.#heads.refresh();
    const inLastEntry = new Set((last?.segments ?? []).map(({ stream }) => stream));
    return { nextRevisions: this.#heads.streams(), inLastEntry };
  }

  async #append(tail: LogTail, segments: readonly LogSegment[]): Promise<'done' | 'conflict'> {
    const { objectStore, keys } = this.#options;
    const frontier = grown(tail.frontier, segments);
    const root = rootOf(frontier);
    const { signer } = keys;
    const checkpoint = signCheckpoint({ origin: signer.name, size: frontier.size, root }, signer);
    const entry: LogEntry = { firstLeaf: tail.frontier.size, segments, frontier, checkpoint };
    try {
      await objectStore.create(entryKey(entry.firstLeaf), encodeLogEntry(entry));
    } catch (error) {
      // Somebody else's, or our own whose answer was lost: looking again tells.
      if (hasErrorCode(error, 'OBJECT_EXISTS')) return 'conflict';
      throw error;
    }
    return 'done';
  }

  /** As many unsealed records as one entry takes; or to be asked again, because a mark was wrong. */
  async #nextSegments(
    streams: readonly StreamToSeal[],
  ): Promise<readonly LogSegment[] | 'corrected'> {
    try {
      return await this.#unsealedSegments(streams);
    } catch (error) {
      if (!hasErrorCode(error, 'LEDGER_DIVERGED')) throw error;
      const { stream } = error.details;
      if (await this.#heads.correct(stream as StreamName)) return 'corrected';
      throw error;
    }
  }

  async #unsealedSegments(streams: readonly StreamToSeal[]): Promise<readonly LogSegment[]> {
    const { eventStore, random } = this.#options;
    const segments: LogSegment[] = [];
    let records = 0;
    let sealedBytes = 0;
    for (const { stream, subject } of streams) {
      if (records >= logLimits.entryRecordsMax) break;
      if (sealedBytes >= logLimits.entrySealedBytesMax) break;
      const head = await this.#heads.headOf(stream);
      const found: SealedRecord[] = [];
      const key = await this.#subjectKeys.obtain(subject);
      for await (const record of unsealedRecords(eventStore, stream, head, subject, key)) {
        const sealed = sealRecord(record, subject, key, random);
        found.push(sealed);
        records += 1;
        sealedBytes += sealed.sealed.length;
        if (records >= logLimits.entryRecordsMax) break;
        if (sealedBytes >= logLimits.entrySealedBytesMax) break;
      }
      const { nextRevision: firstRevision } = head;
      if (found.length > 0) segments.push({ stream, subject, firstRevision, records: found });
    }
    return segments;
  }
}

function grown(frontier: MerkleFrontier, segments: readonly LogSegment[]): MerkleFrontier {
  return segments
    .flatMap(({ records }) => records)
    .reduce((tree, { leaf }) => withLeaf(tree, leaf), frontier);
}
