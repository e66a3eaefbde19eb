import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { firstLacking } from './first-lacking.ts';
import { decodeLogEntry, type LogEntry, type LogSegment } from './log-entry.ts';
import { entriesPrefix, entryKey, parseEntryKey } from './log-objects.ts';
import { tampered, tamperingOf } from './log-tampered.ts';
import { emptyFrontier, type MerkleFrontier } from './merkle-frontier.ts';
import { firstRecordOf, nameOfRecord, proveEntry } from './prove-entry.ts';
import { SealedStreams } from './sealed-streams.ts';
import type { NoteVerifier } from './signed-note.ts';

/** An entry that was proven with all before it: signed, complete, and in its place. */
export interface ProvenEntry {
  readonly objectKey: ObjectKey;
  readonly entry: LogEntry;
  /** The tree before this entry. */
  readonly before: MerkleFrontier;
  /** Its records without those that the log had before: each stream's come here once, in order. */
  readonly segments: readonly PlacedSegment[];
}

/** Neighbouring records of one stream, and where the first of them stands in the log. */
export interface PlacedSegment extends LogSegment {
  readonly position: number;
}

/**
 * The entries of the log from the first on, each checked with the public key alone. One entry is in
 * memory at a time, and 32 bytes of every record.
 *
 * @throws LEDGER_TAMPERED at the first thing that is wrong; everything given before is proven
 */
export async function* readLog(
  objectStore: ObjectStore,
  verifier: NoteVerifier,
): AsyncGenerator<ProvenEntry, void> {
  const streams = new SealedStreams();
  let before = emptyFrontier;
  for await (const { key } of objectStore.list(entriesPrefix)) {
    const body = await objectStore.get(key);
    let proven: ProvenEntry;
    try {
      checkName(key, body, before.size);
      const entry = proveEntry(key, body, before, verifier);
      const segments = unrepeated(key, entry, streams);
      proven = { objectKey: key, entry, before, segments };
    } catch (error) {
      if (!hasErrorCode(error, 'LEDGER_TAMPERED')) throw error;
      throw await withWhatIsLacking(error, objectStore, streams, key);
    }
    yield proven;
    before = proven.entry.frontier;
  }
}

/** @throws LEDGER_TAMPERED for what does not stand where the entry before it ends */
function checkName(objectKey: ObjectKey, body: Uint8Array, expected: number): void {
  const position = parseEntryKey(objectKey);
  if (position === expected) return;
  if (position !== null && position > expected) {
    throw tampered({
      kind: 'entry-missing',
      message: `the entry '${entryKey(expected)}' is missing before '${objectKey}'`,
      objectKey: entryKey(expected),
      position: expected,
    });
  }
  const entry = decodeLogEntry(body);
  const place = entry === null ? {} : firstRecordOf(entry);
  const how =
    position === null
      ? 'is not the name of an entry'
      : `is no entry of the log: the one before it ends with record ${expected - 1}`;
  const holds = entry === null ? '' : `; it holds the log from ${nameOfRecord(place)} on`;
  throw tampered({
    kind: 'entry-malformed',
    message: `'${objectKey}' ${how}${holds}`,
    objectKey,
    position: expected,
    ...place,
  });
}

/**
 * Adds the records of an entry to what is known of their streams.
 *
 * @returns those that were not there before
 * @throws LEDGER_TAMPERED for a record that is not the next of its stream, nor one that it has already
 */
function unrepeated(
  objectKey: ObjectKey,
  { firstLeaf, segments }: LogEntry,
  streams: SealedStreams,
): readonly PlacedSegment[] {
  const placed: PlacedSegment[] = [];
  let position = firstLeaf;
  for (const segment of segments) {
    const { stream, firstRevision, records } = segment;
    const next = streams.nextRevision(stream);
    if (firstRevision > next) {
      throw tampered({
        kind: 'records-out-of-order',
        message: `the sealed stream '${stream}' lacks event ${next}`,
        objectKey,
        position,
        stream,
        revision: next,
      });
    }
    for (const [index, { commitment }] of records.entries()) {
      const revision = firstRevision + index;
      if (revision >= next) streams.add(stream, commitment);
      else if (!streams.has(stream, revision, commitment)) {
        throw tampered({
          kind: 'records-out-of-order',
          message: `the sealed stream '${stream}' has event ${revision} a second time, and it is another one`,
          objectKey,
          position: position + index,
          stream,
          revision,
        });
      }
    }
    const repeated = Math.min(next - firstRevision, records.length);
    if (repeated < records.length) {
      placed.push({
        ...segment,
        firstRevision: firstRevision + repeated,
        records: records.slice(repeated),
        position: position + repeated,
      });
    }
    position += records.length;
  }
  return placed;
}

/** Names the first event of what is gone, where the error cannot and something still tells of it. */
async function withWhatIsLacking(
  error: Parameters<typeof tamperingOf>[0],
  objectStore: ObjectStore,
  streams: SealedStreams,
  objectKey: ObjectKey,
): Promise<Error> {
  const found = tamperingOf(error);
  const isOfWhatIsGone =
    found.kind === 'records-missing' ||
    (found.stream === undefined && ['entry-missing', 'entry-malformed'].includes(found.kind));
  if (!isOfWhatIsGone) return error;
  const lacking = await firstLacking(objectStore, streams, objectKey);
  if (lacking === null) return error;
  const message = `${found.message}; with it ${nameOfRecord(lacking)} is gone`;
  return tampered({ ...found, message, ...lacking });
}
