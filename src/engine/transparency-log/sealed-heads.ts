import type { StreamName } from '../../ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import type { LogSegment } from './log-entry.ts';
import { entryKey, streamMarkKey, streamSegment } from './log-objects.ts';
import { tampered } from './log-tampered.ts';
import { entriesAfter, logBeginning, type LogTail, tailBeforeLast } from './log-tail.ts';
import { readLog } from './read-log.ts';
import type { NoteVerifier } from './signed-note.ts';
import { type StreamHead, StreamMarks } from './stream-marks.ts';

/** What was read of a log. */
interface KnownLog {
  /** By the name that the stream has in keys; the commitment is null where only a mark was seen. */
  readonly heads: Map<string, StreamHead>;
  readonly tail: LogTail;
  /** The last entry is read each time: nothing is built upon one that was exchanged meanwhile. */
  readonly beforeLast: LogTail;
}

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
  #known: KnownLog | null = null;
  /** The last entry whose marks are known to be made. */
  #markedKey: ObjectKey | null = null;

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
    const before = this.#known;
    const known = await (before === null
      ? this.#begin()
      : this.#follow(before.beforeLast, before.heads));
    const { tail } = known;
    const sizeBefore = before?.tail.frontier.size ?? 0;
    if (tail.frontier.size < sizeBefore) throw shortened(tail, sizeBefore);
    this.#known = known;
    // The writer of the last entry may have died between it and its marks.
    if (tail.last !== null && tail.lastKey !== this.#markedKey) await this.#marks.mark(tail.last);
    this.#markedKey = tail.lastKey;
    return tail;
  }

  /** How far each stream is as of the last refresh, by the names that streams have in keys. */
  streams(): ReadonlyMap<string, number> {
    const heads = this.#known?.heads ?? new Map<string, StreamHead>();
    return new Map([...heads].map(([segment, { nextRevision }]) => [segment, nextRevision]));
  }

  async headOf(stream: StreamName): Promise<StreamHead> {
    const head = this.#headOf(stream);
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
    const known = this.#headOf(stream);
    // It was read in the log, or its absence was proven by all others.
    if (known.commitment !== null || known.nextRevision === 0) return false;
    const marked = await this.#marks.commitmentIn(stream, known.nextRevision);
    this.#known = await this.#readWhole();
    const head = this.#headOf(stream);
    const isAsMarked =
      marked !== null && head.commitment !== null && Buffer.compare(marked, head.commitment) === 0;
    if (isAsMarked) return false;
    await this.#marks.replace(stream, head);
    return true;
  }

  #headOf(stream: StreamName): StreamHead {
    return this.#known?.heads.get(streamSegment(stream)) ?? notSealed;
  }

  async #begin(): Promise<KnownLog> {
    const start = await tailBeforeLast(this.#objectStore, this.#verifier);
    const heads = new Map<string, StreamHead>();
    // In this order: what is marked by then is in the log that is read after it.
    for (const [segment, nextRevision] of await this.#marks.all()) {
      heads.set(segment, { nextRevision, commitment: null });
    }
    const known = await this.#follow(start, heads);
    const marked = heads.values().reduce((sum, { nextRevision }) => sum + nextRevision, 0);
    return marked === known.tail.frontier.size ? known : await this.#readWhole();
  }

  async #follow(from: LogTail, heads: Map<string, StreamHead>): Promise<KnownLog> {
    let [tail, beforeLast] = [from, from];
    for await (const next of entriesAfter(this.#objectStore, this.#verifier, from)) {
      noteHeads(heads, next.last.segments);
      [tail, beforeLast] = [next, tail];
    }
    return { heads, tail, beforeLast };
  }

  async #readWhole(): Promise<KnownLog> {
    const marked = await this.#marks.all();
    const heads = new Map<string, StreamHead>();
    let [tail, beforeLast] = [logBeginning, logBeginning];
    for await (const { objectKey, entry, segments } of readLog(this.#objectStore, this.#verifier)) {
      noteHeads(heads, segments);
      const next = { frontier: entry.frontier, last: entry, lastKey: objectKey };
      [tail, beforeLast] = [next, tail];
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
    return { heads, tail, beforeLast };
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
