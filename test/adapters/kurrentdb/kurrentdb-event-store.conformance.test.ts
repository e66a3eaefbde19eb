import { after, before, describe } from 'node:test';
import { eventStoreConformance } from '../../conformance/event-store.ts';
import { FakeKurrentDb } from '../../support/kurrentdb/fake-kurrentdb.ts';
import { openLedgerOn } from '../../support/kurrentdb/open-ledger-on.ts';

for (const batchAppend of ['offered', 'absent'] as const) {
  describe(`a fake KurrentDB with BatchAppend ${batchAppend}`, () => {
    let server: FakeKurrentDb;
    before(async () => {
      server = await FakeKurrentDb.start({ batchAppend });
    });
    after(() => server[Symbol.asyncDispose]());

    eventStoreConformance(
      `on a fake KurrentDB with BatchAppend ${batchAppend}`,
      async () => ({
        store: await openLedgerOn(server.url),
        openAnother: () => openLedgerOn(server.url),
        dispose: () => Promise.resolve(),
      }),
      { eventIds: 'unchecked', handsOut: 'events' },
    );
  });
}
