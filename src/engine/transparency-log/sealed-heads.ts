import type { StreamName } from '../../ports/event-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { LogEntry, LogSegment } from './log-entry.ts';
import { entryKey, streamMarkKey, streamSegment } from './log-objects.ts';
import { tampered } from './log-tampered.ts';
import { entriesAfter, logBeginning, type LogTail, tailBeforeLast } from './log-tail.ts';
import { readLog } from './read-log.ts';
import type { NoteVerifier } from './signed-note.ts';
import { type StreamHead, StreamMarks } from './stream-marks.ts';

const notSealed: StreamHead = { nextRevision: 0, commitment: null };

/**
 * How far each stream is in the log, for who appends to it. Known from the marks, as long as these account for
 * every record that the log has; otherwise, and when one of them turns out to be wrong, from the log itself.
 * Then the marks are mended. From there on each new entry is read, whoever made it.
 */
export class SealedHeads {
  readonly #objectStore: ObjectStore;
  readonly #verifier: NoteVerifier;
  readonly #marks: StreamMarks;
  /** By the name that the stream has in keys; the commitment is null where only a mark was seen. */
  #heads = new Map<string, StreamHead>();
  /** The last entry is read each time: nothing is built upon one that was exchanged meanwhile. */
  #beforeLast: LogTail | null = null;
  #sizeRead = 0;
  /** The last entry whose marks are known to be made. */
  #marked: LogEntry | null = null;

  constructor(objectStore: ObjectStore, verifier: NoteVerifier) {
    this.#objectStore = objectStore;
    this.#verifier = verifier;
    this.#marks = new StreamMarks(objectStore);
  }

  /**
   * Reads what is new in the log.
   *
   * @returns where it ends; every entry up to there has its marks
   * @throws LEDGER_TAMPERED
   */
  async refresh(): Promise<LogTail> {
    const tail = await (this.#beforeLast === null ? this.#begin() : this.#follow(this.#beforeLast));
    if (tail.frontier.size < this.#sizeRead) throw shortened(tail, this.#sizeRead);
    this.#sizeRead = tail.frontier.size;
    // The writer of the last entry may have died between it and its marks.
    if (tail.last !== null && tail.last !== this.#marked) await this.#marks.mark(tail.last);
    this.#marked = tail.last;
    return tail;
  }

  async headOf(stream: StreamName): Promise<StreamHead> {
    const head = this.#heads.get(streamSegment(stream)) ?? notSealed;
    if (head.nextRevision === 0 || head.commitment !== null) return head;
    const commitment = await this.#marks.commitmentIn(stream, head.nextRevision);
    return { ...head, commitment };
  }

  /**
   * For a stream that does not go on from its head as it is known.
   *
   * @returns whether the log says something else than was known
   * @throws LEDGER_TAMPERED
   */
  async correct(stream: StreamName): Promise<boolean> {
    const segment = streamSegment(stream);
    const known = this.#heads.get(segment) ?? notSealed;
    // It was read in the log, or its absence was proven by all others.
    if (known.commitment !== null || known.nextRevision === 0) return false;
    const marked = await this.#marks.commitmentIn(stream, known.nextRevision);
    await this.#readWhole();
    const head = this.#heads.get(segment) ?? notSealed;
    const isAsMarked =
      marked !== null && head.commitment !== null && Buffer.compare(marked, head.commitment) === 0;
    if (isAsMarked) return false;
    await this.#marks.replace(stream, head);
    return true;
  }

  async #begin(): Promise<LogTail> {
    const start = await tailBeforeLast(this.#objectStore, this.#verifier);
    // In this order: what is marked by then is in the log that is read after it.
    for (const [segment, nextRevision] of await this.#marks.all()) {
      this.#heads.set(segment, { nextRevision, commitment: null });
    }
    const tail = await this.#follow(start);
    const marked = this.#heads.values().reduce((sum, { nextRevision }) => sum + nextRevision, 0);
    return marked === tail.frontier.size ? tail : await this.#readWhole();
  }

  async #follow(from: LogTail): Promise<LogTail> {
    let tail = from;
    for await (const next of entriesAfter(this.#objectStore, this.#verifier, from)) {
      noteHeads(this.#heads, next.last.segments);
      this.#beforeLast = tail;
      tail = next;
    }
    return tail;
  }

  async #readWhole(): Promise<LogTail> {
    const marked = await this.#marks.all();
    const heads = new Map<string, StreamHead>();
    let tail = logBeginning;
    for await (const { objectKey, entry, segments } of readLog(this.#objectStore, this.#verifier)) {
      noteHeads(heads, segments);
      this.#beforeLast = tail;
      tail = { frontier: entry.frontier, last: entry, lastKey: objectKey };
    }
    for (const [segment, nextRevision] of marked) {
      const sealed = heads.get(segment)?.nextRevision ?? 0;
      if (nextRevision > sealed) throw claimsMore(segment as StreamName, nextRevision, sealed);
    }
    for (const [segment, head] of heads) {
      if (marked.get(segment) !== head.nextRevision) {
        await this.#marks.make(segment as StreamName, head);
      }
    }
    this.#heads = heads;
    return tail;
  }
}

function noteHeads(heads: Map<string, StreamHead>, segments: readonly LogSegment[]): void {
  for (const { stream, firstRevision, records } of segments) {
    const segment = streamSegment(stream);
    const nextRevision = firstRevision + records.length;
    const commitment = records.at(-1)?.commitment ?? null;
    // A log that has records twice goes on from the furthest.
    if (nextRevision < (heads.get(segment) ?? notSealed).nextRevision) continue;
    heads.set(segment, { nextRevision, commitment });
  }
}

/** Its last entry was there, and is gone. */
function shortened({ frontier: { size } }: LogTail, sizeRead: number): Error {
  const objectKey = entryKey(size);
  return tampered({
    kind: 'log-truncated',
    message: `the sealed ledger ends before '${objectKey}', and went on to record ${sizeRead - 1}: it was cut off while this program ran`,
    objectKey,
    position: size,
  });
}

/** To go on would hide that something is gone, or leave a gap for good. */
function claimsMore(stream: StreamName, nextRevision: number, sealed: number): Error {
  const objectKey = streamMarkKey(stream, nextRevision);
  return tampered(
    {
      kind: 'mark-wrong',
      message: `'${objectKey}' says that more of this stream is sealed than the log has: the log was cut off, or the mark was forged`,
      objectKey,
      stream,
      revision: sealed,
    },
    'Bring the missing entries back from a copy of the repository. If there never were any, remove this object: then the next session is sealed, with what was not.',
  );
}
