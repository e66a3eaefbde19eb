import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { openCheckpoint } from './checkpoint.ts';
import { decodeLogEntry, type LogEntry } from './log-entry.ts';
import { entriesPrefix } from './log-objects.ts';
import { tampered } from './log-tampered.ts';
import { emptyFrontier, type MerkleFrontier, rootOf } from './merkle-frontier.ts';
import { sameHash } from './merkle-hash.ts';
import type { NoteVerifier } from './signed-note.ts';

/** Where a log ends. */
export interface LogTail {
  readonly frontier: MerkleFrontier;
  /** The last entry; null for a log without any. */
  readonly last: LogEntry | null;
  readonly lastKey: ObjectKey | null;
}

/**
 * Finds the end of the log, and checks that this key signed it.
 *
 * @param after an entry that is known to exist: listing begins there
 * @throws LEDGER_TAMPERED when the last entry is not one that can be built upon
 */
export async function readLogTail(
  objectStore: ObjectStore,
  verifier: NoteVerifier,
  after: ObjectKey | null,
): Promise<LogTail> {
  let lastKey = after;
  const options = after === null ? {} : { after };
  for await (const { key } of objectStore.list(entriesPrefix, options)) lastKey = key;
  if (lastKey === null) return { frontier: emptyFrontier, last: null, lastKey };
  const last = decodeLogEntry(await objectStore.get(lastKey));
  const checkpoint = last === null ? null : openCheckpoint(last.checkpoint, verifier);
  const isSigned =
    last !== null &&
    checkpoint?.size === last.frontier.size &&
    sameHash(checkpoint.root, rootOf(last.frontier));
  if (!isSigned) {
    throw tampered({
      kind: 'signature-wrong',
      message: `the last entry of the sealed ledger, '${lastKey}', is not what the ledger's key signed`,
      objectKey: lastKey,
    });
  }
  return { frontier: last.frontier, last, lastKey };
}
