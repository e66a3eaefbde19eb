import type { StreamName } from '../../ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { openCheckpoint } from './checkpoint.ts';
import { decodeLogEntry, type LogEntry, type LogSegment } from './log-entry.ts';
import { entriesPrefix, entryKey, parseEntryKey } from './log-objects.ts';
import { tampered } from './log-tampered.ts';
import { emptyFrontier, type MerkleFrontier, rootOf, withLeaf } from './merkle-frontier.ts';
import { sameHash } from './merkle-hash.ts';
import { digestOf, leafOf } from './sealed-record.ts';
import type { NoteVerifier } from './signed-note.ts';

/** An entry that was proven with all before it: signed, complete, and in its place. */
export interface ProvenEntry {
  readonly objectKey: ObjectKey;
  readonly entry: LogEntry;
  /** The tree before this entry. */
  readonly before: MerkleFrontier;
}

/**
 * The entries of the log from the first on, each checked with the public key alone. One entry is in
 * memory at a time.
 *
 * @throws LEDGER_TAMPERED at the first thing that is wrong; everything given before is proven
 */
export async function* readLog(
  objectStore: ObjectStore,
  verifier: NoteVerifier,
): AsyncGenerator<ProvenEntry, void> {
  const heads = new Map<StreamName, number>();
  let frontier = emptyFrontier;
  for await (const { key } of objectStore.list(entriesPrefix)) {
    const position = parseEntryKey(key);
    if (position === null) {
      throw tampered({
        kind: 'entry-malformed',
        message: `'${key}' is not the name of an entry`,
        objectKey: key,
      });
    }
    const entry = decodeLogEntry(await objectStore.get(key));
    if (position !== frontier.size) throw misplaced(key, entry, frontier.size, heads);
    if (entry?.firstLeaf !== position) {
      throw tampered({
        kind: 'entry-malformed',
        message: `the entry '${key}' cannot be read`,
        objectKey: key,
        position,
      });
    }
    const before = frontier;
    frontier = provenFrontier(key, entry, frontier, heads);
    checkCheckpoint(key, entry, frontier, verifier);
    yield { objectKey: key, entry, before };
  }
}

/** The tree after the entry's records, each of which has to be the next of its stream. */
function provenFrontier(
  objectKey: ObjectKey,
  entry: LogEntry,
  before: MerkleFrontier,
  heads: Map<StreamName, number>,
): MerkleFrontier {
  let frontier = before;
  for (const segment of entry.segments) {
    const { stream, firstRevision, subject, records } = segment;
    checkOrder(objectKey, segment, frontier.size, heads.get(stream) ?? 0);
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
    heads.set(stream, firstRevision + records.length);
  }
  return frontier;
}

function checkOrder(
  objectKey: ObjectKey,
  { stream, firstRevision }: LogSegment,
  position: number,
  expected: number,
): void {
  if (firstRevision === expected) return;
  const how =
    firstRevision > expected
      ? `lacks event ${expected}`
      : `has event ${firstRevision} a second time`;
  throw tampered({
    kind: 'records-out-of-order',
    message: `the sealed stream '${stream}' ${how}`,
    objectKey,
    position,
    stream,
    revision: Math.min(expected, firstRevision),
  });
}

function checkCheckpoint(
  objectKey: ObjectKey,
  { checkpoint: note, firstLeaf, segments }: LogEntry,
  frontier: MerkleFrontier,
  verifier: NoteVerifier,
): void {
  const [first] = segments;
  const place = {
    objectKey,
    position: firstLeaf,
    ...(first === undefined ? {} : { stream: first.stream, revision: first.firstRevision }),
  };
  const checkpoint = openCheckpoint(note, verifier);
  if (checkpoint === null) {
    throw tampered({
      kind: 'signature-wrong',
      message: `the checkpoint in '${objectKey}' is not signed by the key ${verifier.name}`,
      ...place,
    });
  }
  if (checkpoint.size === frontier.size && sameHash(checkpoint.root, rootOf(frontier))) return;
  throw tampered({
    kind: 'checkpoint-wrong',
    message: `the checkpoint in '${objectKey}' was signed for other records`,
    ...place,
  });
}

/** An entry that is not where the one before it ends: what stood between is gone. */
function misplaced(
  objectKey: ObjectKey,
  entry: LogEntry | null,
  expected: number,
  heads: ReadonlyMap<StreamName, number>,
): Error {
  const skipped = entry?.segments.find(
    ({ stream, firstRevision }) => firstRevision > (heads.get(stream) ?? 0),
  );
  const record =
    skipped === undefined
      ? {}
      : { stream: skipped.stream, revision: heads.get(skipped.stream) ?? 0 };
  const missing =
    skipped === undefined ? '' : `, and with it event ${record.revision} of '${skipped.stream}'`;
  return tampered({
    kind: 'entry-missing',
    message: `the entry '${entryKey(expected)}' is missing before '${objectKey}'${missing}`,
    objectKey: entryKey(expected),
    position: expected,
    ...record,
  });
}
