/**
 * Two raw clients in one process: the batch stream of one breaks while the other waits for an
 * answer that comes later. Prints `alive` if the process survives it.
 */
import { binaryEvent, EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeKurrentDb } from '../fake-kurrentdb.ts';

const [broken, sound] = [await FakeKurrentDb.start(), await FakeKurrentDb.start()];
const [one, other] = [broken, sound].map(({ url }) => EventStoreDBClient.connectionString(url));
const append = async (client: EventStoreDBClient | undefined, stream: string): Promise<string> => {
  const event = binaryEvent({ type: 'T', data: new Uint8Array(1) });
  try {
    await client?.appendToStream(stream, event, { expectedRevision: NO_STREAM });
    return 'resolved';
  } catch {
    return 'rejected';
  }
};
await Promise.all([append(one, 'warm'), append(other, 'warm')]);
sound.faults.arm('batch-append', { kind: 'slow', delayMs: 300 });
broken.faults.arm('batch-append', { kind: 'cut-before' });
const waiting = append(other, 's');
await delay(50);
await append(one, 's');
process.stdout.write(`${await waiting} `);
await delay(600);
process.stdout.write('alive');
process.exit(0);
