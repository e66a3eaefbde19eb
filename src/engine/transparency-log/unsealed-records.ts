import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EventStore, RecordedEvent, Revision, StreamName } from '../../ports/event-store.ts';
import { genesisHash, recordHash } from '../ledger/record-hash.ts';
import { commitmentOf, saltOf } from './sealed-record.ts';
import type { StreamHead } from './stream-marks.ts';

/**
 * The records of a stream that are not sealed yet, each chained to the one before, the first of
 * them to the last that is sealed.
 *
 * @throws LEDGER_DIVERGED when the store does not go on from what was sealed: it is an older copy,
 *   was changed, or another vault with the same identity has sealed its own
 */
export async function* unsealedRecords(
  eventStore: EventStore,
  stream: StreamName,
  head: StreamHead,
  subject: string,
  subjectKey: Uint8Array,
): AsyncGenerator<RecordedEvent, void> {
  const { nextRevision: first, commitment } = head;
  let expected = first;
  let lastHash = first === 0 ? genesisHash : null;
  for await (const record of eventStore.readStream(stream, { from: first as Revision })) {
    const { previousHash } = record.metadata;
    const isNext =
      record.revision === expected &&
      (lastHash === null ? isSealedHash(previousHash) : previousHash === lastHash);
    if (!isNext) throw diverged(stream, record.revision);
    lastHash = recordHash(stream, record.revision, record);
    expected += 1;
    yield record;
  }
  if (expected > first || first === 0) return;
  const backwards = { direction: 'backwards', limit: 1 } as const;
  for await (const last of eventStore.readStream(stream, backwards)) {
    const isTheSame =
      last.revision === first - 1 && isSealedHash(recordHash(stream, last.revision, last));
    if (isTheSame) return;
  }
  throw diverged(stream, first - 1);

  /** Whether this is the hash of the last record that is sealed. */
  function isSealedHash(hash: string): boolean {
    const salt = saltOf({ stream, revision: first - 1, subject }, subjectKey);
    return commitment !== null && Buffer.compare(commitmentOf(hash, salt), commitment) === 0;
  }
}

const divergedRemedy =
  'Either another vault with the same identity (a copy of this one, or another recovery of its repository) ' +
  'seals into this repository too, or this event store is an older copy, or was changed. Nothing of this vault ' +
  "is sealed until that is settled: go on with one vault alone, or make one with 'snapledger recover' in an " +
  "empty folder, which goes on from all that is sealed. 'snapledger audit verify' names what differs.";

function diverged(stream: StreamName, revision: number): SnapledgerError {
  return new SnapledgerError(
    'LEDGER_DIVERGED',
    `the stream '${stream}' of the event store is not the one that was sealed: it differs at event ${revision}`,
    {
      remedy: divergedRemedy,
      details: { stream, revision },
    },
  );
}
