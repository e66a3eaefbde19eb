import type { StreamName } from '../../ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { decodeLogEntry } from './log-entry.ts';
import { entriesPrefix, streamSegment } from './log-objects.ts';
import type { SealedStreams } from './sealed-streams.ts';
import { StreamMarks } from './stream-marks.ts';

/** Where a stream goes on that the log breaks off. */
export interface LackingRecord {
  readonly stream: string;
  readonly revision: number;
}

/**
 * The first event that a log lacks from an entry on, by what is left: what follows, and marks. All of that
 * may be forged as well: it tells where to look, and proves nothing.
 *
 * @param from the entry that is wrong, or that follows what is gone
 */
export async function firstLacking(
  objectStore: ObjectStore,
  proven: SealedStreams,
  from: ObjectKey,
): Promise<LackingRecord | null> {
  const next = new Map<StreamName, number>(proven.nextRevisions());
  for await (const { key } of objectStore.list(entriesPrefix)) {
    if (key < from) continue;
    const entry = decodeLogEntry(await objectStore.get(key));
    for (const { stream, firstRevision, records } of entry?.segments ?? []) {
      const expected = next.get(stream) ?? 0;
      if (firstRevision > expected) return { stream, revision: expected };
      next.set(stream, Math.max(expected, firstRevision + records.length));
    }
  }
  const bySegment = new Map(
    [...next].map(([stream, revision]) => [streamSegment(stream), revision]),
  );
  const lacking: LackingRecord[] = [];
  for (const [stream, marked] of await new StreamMarks(objectStore).all()) {
    const revision = bySegment.get(stream) ?? 0;
    if (marked > revision) lacking.push({ stream, revision });
  }
  // An entry begins with the sessions that it was made for.
  return lacking.find(({ stream }) => stream.startsWith('session-')) ?? lacking[0] ?? null;
}
