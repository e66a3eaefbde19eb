/** A raw client appends to the server of the first argument and is left as it is. */
import { binaryEvent, EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { newStream } from '../../../conformance/event-store/sample-events.ts';

const client = EventStoreDBClient.connectionString(process.argv[2] ?? '');
const event = binaryEvent({ type: 'T', data: new Uint8Array(1) });
await client.appendToStream(newStream(), event, { expectedRevision: NO_STREAM });
process.stdout.write('appended');
