import { writeSync } from 'node:fs';
import { openSqliteEventStore } from '../../../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { NewEvent, StreamName } from '../../../../src/ports/event-store.ts';
import { all, newEvent } from '../../../conformance/event-store/sample-events.ts';

/*
 * A program for the tests: appends batches of one to three events to a stream that others append
 * to as well, and prints the last revision of a batch as soon as it is told that it is recorded.
 *
 * Arguments: path of the ledger, stream, number of batches.
 */
const [path = '', name = '', batches = ''] = process.argv.slice(2);
const stream = name as StreamName;
const store = await openSqliteEventStore({ path, clock: systemClock, ifMissing: 'create' });

for (let done = 0; done < Number(batches);) {
  const [last] = await all(store.readStream(stream, { direction: 'backwards', limit: 1 }));
  try {
    const expected = last?.revision ?? 'no-stream';
    const { revision } = await store.append(stream, expected, batchOf(1 + (done % 3)));
    writeSync(1, `${revision}\n`);
    done += 1;
  } catch (error) {
    if (!hasErrorCode(error, 'REVISION_CONFLICT')) throw error;
  }
}
await store.close();

/** Each event says where it is in its batch, so that a torn batch is seen. */
function batchOf(size: number): readonly NewEvent[] {
  return Array.from({ length: size }, (_, index) => newEvent({ data: Uint8Array.of(index, size) }));
}
