import type { EventStore, Revision } from '../../ports/event-store.ts';
import { recordHash } from '../ledger/record-hash.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';

/**
 * Compares neighbouring sealed records of one stream with those of the event store.
 *
 * @returns what is wrong with the first that differs, or null
 */
export async function compareWithStore(
  eventStore: EventStore,
  sealed: readonly StreamRecord[],
): Promise<Tampering | null> {
  const [first] = sealed;
  if (first === undefined) return null;
  const { stream } = first;
  let index = 0;
  const options = { from: first.revision, limit: sealed.length };
  for await (const stored of eventStore.readStream(stream, options)) {
    const expected = sealed[index];
    if (expected === undefined) break;
    const { revision } = expected;
    const isSame =
      stored.revision === revision &&
      recordHash(stream, stored.revision, stored) === recordHash(stream, revision, expected);
    if (!isSame) {
      return {
        kind: 'store-record-altered',
        message: `event ${revision} of the stream '${stream}' in the event store is not the one that was sealed`,
        stream,
        revision,
      };
    }
    index += 1;
  }
  if (index === sealed.length) return null;
  const revision = (first.revision + index) as Revision;
  return {
    kind: 'store-record-missing',
    message: `the event store lacks event ${revision} of the stream '${stream}', which is sealed: it was cut off, or is an older copy`,
    stream,
    revision,
  };
}
