/** A raw client is given a value that JSON cannot hold. Prints what becomes of the append. */
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { FakeKurrentDb } from '../fake-kurrentdb.ts';

const server = await FakeKurrentDb.start({ batchAppend: 'absent' });
const client = EventStoreDBClient.connectionString(server.url);
const event = jsonEvent({ type: 'T', data: { count: 1n } });
client.appendToStream('s', event, { expectedRevision: NO_STREAM }).then(
  () => process.stdout.write('resolved'),
  () => process.stdout.write('rejected'),
);
setTimeout(() => {
  process.stdout.write('alive');
  process.exit(0);
}, 1_000);
