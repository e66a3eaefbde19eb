import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EventStore, Revision, StreamName } from '../../ports/event-store.ts';
import { recordHash } from '../ledger/record-hash.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';

/** What is wrong with the first record of a stream that the event store does not have as it was sealed. */
export type StoreDifference =
  | { readonly kind: 'other-record'; readonly tampering: Tampering }
  | {
      /** The store says that it is damaged. */
      readonly kind: 'unreadable';
      readonly error: SnapledgerError;
      readonly stream: StreamName;
      /** The first that it does not give; all before it are as they were sealed. */
      readonly revision: Revision;
    };

/**
 * Compares neighbouring sealed records of one stream with those of the event store.
 *
 * @returns the first difference, or null
 */
export async function compareWithStore(
  eventStore: EventStore,
  sealed: readonly StreamRecord[],
): Promise<StoreDifference | null> {
  const together = await compareTogether(eventStore, sealed);
  if (together?.kind !== 'unreadable') return together;
  // A store that reads many events at once gives none of them when it cannot read one.
  for (const record of sealed) {
    if (record.revision < together.revision) continue;
    const alone = await compareTogether(eventStore, [record]);
    if (alone !== null) return alone;
  }
  return together;
}

async function compareTogether(
  eventStore: EventStore,
  sealed: readonly StreamRecord[],
): Promise<StoreDifference | null> {
  const [first] = sealed;
  if (first === undefined) return null;
  const { stream } = first;
  let index = 0;
  const options = { from: first.revision, limit: sealed.length };
  try {
    for await (const stored of eventStore.readStream(stream, options)) {
      const expected = sealed[index];
      if (expected === undefined) break;
      const { revision } = expected;
      const isSame =
        stored.revision === revision &&
        recordHash(stream, stored.revision, stored) === recordHash(stream, revision, expected);
      if (!isSame) return { kind: 'other-record', tampering: altered(stream, revision) };
      index += 1;
    }
  } catch (error) {
    if (!hasErrorCode(error, 'LEDGER_CORRUPT')) throw error;
    return { kind: 'unreadable', error, stream, revision: (first.revision + index) as Revision };
  }
  if (index === sealed.length) return null;
  return { kind: 'other-record', tampering: missing(stream, first.revision + index) };
}

function altered(stream: StreamName, revision: number): Tampering {
  return {
    kind: 'store-record-altered',
    message: `event ${revision} of the stream '${stream}' in the event store is not the one that was sealed`,
    stream,
    revision,
  };
}

function missing(stream: StreamName, revision: number): Tampering {
  return {
    kind: 'store-record-missing',
    message: `the event store lacks event ${revision} of the stream '${stream}', which is sealed: it was cut off, or is an older copy`,
    stream,
    revision,
  };
}
