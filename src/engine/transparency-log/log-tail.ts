import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { openCheckpoint } from './checkpoint.ts';
import { decodeLogEntry, type LogEntry } from './log-entry.ts';
import { entriesPrefix } from './log-objects.ts';
import { tampered } from './log-tampered.ts';
import { emptyFrontier, type MerkleFrontier, rootOf, subtreeCountOf } from './merkle-frontier.ts';
import { sameHash } from './merkle-hash.ts';
import { proveEntry } from './prove-entry.ts';
import type { NoteVerifier } from './signed-note.ts';

/** Where a log ends. */
export interface LogTail {
  readonly frontier: MerkleFrontier;
  /** The last entry; null for a log without any. */
  readonly last: LogEntry | null;
  readonly lastKey: ObjectKey | null;
}

export const logBeginning: LogTail = { frontier: emptyFrontier, last: null, lastKey: null };

/**
 * Where to read on from, so that the last entry is among what is read: where the log ended before it.
 *
 * @throws LEDGER_TAMPERED when the entry there is not one that can be built upon
 */
export async function tailBeforeLast(
  objectStore: ObjectStore,
  verifier: NoteVerifier,
): Promise<LogTail> {
  let key: ObjectKey | null = null;
  let lastKey: ObjectKey | null = null;
  for await (const listed of objectStore.list(entriesPrefix))
    [key, lastKey] = [lastKey, listed.key];
  if (key === null) return logBeginning;
  const last = decodeLogEntry(await objectStore.get(key));
  const checkpoint = last === null ? null : openCheckpoint(last.checkpoint, verifier);
  const isSigned =
    last !== null &&
    checkpoint?.size === last.frontier.size &&
    last.frontier.subtrees.length === subtreeCountOf(last.frontier.size) &&
    sameHash(checkpoint.root, rootOf(last.frontier));
  if (!isSigned) {
    throw tampered({
      kind: 'signature-wrong',
      message: `the entry '${key}' of the sealed ledger is not what the ledger's key signed`,
      objectKey: key,
    });
  }
  return { frontier: last.frontier, last, lastKey: key };
}

/**
 * What a log has grown by.
 *
 * @throws LEDGER_TAMPERED for an entry that does not go on from there, or that its key did not sign
 */
export async function* entriesAfter(
  objectStore: ObjectStore,
  verifier: NoteVerifier,
  { frontier, lastKey }: LogTail,
): AsyncGenerator<LogTail & { readonly last: LogEntry }, void> {
  let before = frontier;
  for await (const { key } of objectStore.list(
    entriesPrefix,
    lastKey === null ? {} : { after: lastKey },
  )) {
    const last = proveEntry(key, await objectStore.get(key), before, verifier);
    before = last.frontier;
    yield { frontier: before, last, lastKey: key };
  }
}
