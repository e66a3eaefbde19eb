import type { ObjectKey } from '../../ports/object-store.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { decodeLogEntry, type LogEntry } from './log-entry.ts';
import { entryKey } from './log-objects.ts';
import { type RecordPlaceInLog, tampered } from './log-tampered.ts';
import { type MerkleFrontier, rootOf, sameFrontier, withLeaf } from './merkle-frontier.ts';
import { sameHash } from './merkle-hash.ts';
import { digestOf, leafOf } from './sealed-record.ts';
import type { NoteVerifier } from './signed-note.ts';

/**
 * The entry that stands after a tree: made for this place, every record of it the one whose hash is in
 * the tree, and the tree after it signed. Whether its streams go on in it is not looked at.
 *
 * @throws LEDGER_TAMPERED
 */
export function proveEntry(
  objectKey: ObjectKey,
  body: Uint8Array,
  before: MerkleFrontier,
  verifier: NoteVerifier,
): LogEntry {
  const entry = decodeLogEntry(body);
  if (entry === null) throw unreadable(objectKey, body, before.size);
  if (entry.firstLeaf !== before.size) throw fromElsewhere(objectKey, entry, before.size);
  const frontier = frontierAfter(objectKey, entry, before);
  checkCheckpoint(objectKey, entry, frontier, verifier);
  if (!sameFrontier(frontier, entry.frontier)) {
    throw tampered({
      kind: 'entry-malformed',
      message: `the frontier of the entry '${objectKey}' is not that of the tree after its records`,
      objectKey,
      position: entry.firstLeaf,
      ...firstRecordOf(entry),
    });
  }
  return entry;
}

/** The first record of an entry. */
export function firstRecordOf({ segments }: Pick<LogEntry, 'segments'>): RecordPlaceInLog {
  const [first] = segments;
  return first === undefined ? {} : { stream: first.stream, revision: first.firstRevision };
}

/** How messages name it. */
export function nameOfRecord({ stream, revision }: RecordPlaceInLog): string {
  return `event ${revision} of the stream '${stream}'`;
}

/** The tree after the entry's records. */
function frontierAfter(
  objectKey: ObjectKey,
  { segments }: LogEntry,
  before: MerkleFrontier,
): MerkleFrontier {
  let frontier = before;
  for (const { stream, firstRevision, subject, records } of segments) {
    for (const [index, { leaf, commitment, sealed }] of records.entries()) {
      const revision = firstRevision + index;
      const found = leafOf({ stream, revision, subject }, commitment, digestOf(sealed));
      if (!sameHash(found, leaf)) {
        throw tampered({
          kind: 'record-altered',
          message: `event ${revision} of the stream '${stream}' is not the one that was sealed`,
          objectKey,
          position: frontier.size,
          stream,
          revision,
        });
      }
      frontier = withLeaf(frontier, leaf);
    }
  }
  return frontier;
}

function checkCheckpoint(
  objectKey: ObjectKey,
  entry: LogEntry,
  frontier: MerkleFrontier,
  verifier: NoteVerifier,
): void {
  const place = { objectKey, position: entry.firstLeaf, ...firstRecordOf(entry) };
  const checkpoint = openCheckpoint(entry.checkpoint, verifier);
  if (checkpoint === null) {
    throw tampered({
      kind: 'signature-wrong',
      message: `the checkpoint in '${objectKey}' is not signed by the key ${verifier.name}`,
      ...place,
    });
  }
  if (checkpoint.size === frontier.size && sameHash(checkpoint.root, rootOf(frontier))) return;
  throw tampered({
    kind: checkpoint.size > frontier.size ? 'records-missing' : 'checkpoint-wrong',
    message: `the checkpoint in '${objectKey}' was signed for other records${countsIn(checkpoint, frontier, entry)}`,
    ...place,
  });
}

function countsIn(
  { size: signed }: Checkpoint,
  { size: found }: MerkleFrontier,
  { firstLeaf }: LogEntry,
): string {
  if (signed === found) return '';
  return `: for ${signed - firstLeaf} in this entry, which has ${found - firstLeaf}`;
}

/** Cut off, or overwritten: what is left may still say what was in it. */
function unreadable(objectKey: ObjectKey, body: Uint8Array, position: number): Error {
  const left = /"stream":"([^"\\]+)","firstRevision":(\d{1,15})/.exec(
    Buffer.from(body).toString('utf8'),
  );
  const [, stream, revision] = left ?? [];
  const place = stream === undefined ? {} : { stream, revision: Number(revision) };
  const from = stream === undefined ? '' : ` It held the log from ${nameOfRecord(place)} on.`;
  return tampered({
    kind: 'entry-malformed',
    message: `the entry '${objectKey}' cannot be read: it was cut off or overwritten.${from}`,
    objectKey,
    position,
    ...place,
  });
}

function fromElsewhere(objectKey: ObjectKey, entry: LogEntry, position: number): Error {
  const place = firstRecordOf(entry);
  return tampered({
    kind: 'entry-malformed',
    message: `the entry '${objectKey}' belongs in another place, as '${entryKey(entry.firstLeaf)}': it begins with ${nameOfRecord(place)}`,
    objectKey,
    position,
    ...place,
  });
}
