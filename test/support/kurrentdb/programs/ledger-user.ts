/** Uses a ledger on the server of the first argument: appends, reads, subscribes; then closes it. */
import { collect } from '../../../conformance/event-store/collected-subscription.ts';
import { all, newEvents, newStream } from '../../../conformance/event-store/sample-events.ts';
import { openLedgerOn } from '../open-ledger-on.ts';

const store = await openLedgerOn(process.argv[2] ?? '');
const stream = newStream();
await store.append(stream, 'no-stream', newEvents(3));
const read = await all(store.readStream(stream));
const subscription = collect(store, { streamPrefix: stream });
await subscription.until(3);
for await (const event of store.readAll()) {
  process.stdout.write(`${event.revision} of ${read.length}`);
  break;
}
await store.close();
