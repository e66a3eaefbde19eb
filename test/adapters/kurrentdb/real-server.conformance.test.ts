import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import type { EventStore } from '../../../src/ports/event-store.ts';
import { eventStoreConformance } from '../../conformance/event-store.ts';
import { openLedgerOn } from '../../support/kurrentdb/open-ledger-on.ts';
import { splitCredentials } from '../../support/kurrentdb/split-credentials.ts';

/*
 * The suite on the server of KURRENTDB_URL, which may hold whatever it likes: each run has a
 * namespace of its own. docs/kurrentdb.md says how to start one.
 */

const url = process.env['KURRENTDB_URL'] ?? '';
const wasAskedFor = process.env['npm_lifecycle_event'] === 'test:kurrentdb';

if (url !== '') {
  const { location, credentials } = splitCredentials(url);
  const namespace = `conformance_${randomBytes(8).toString('hex')}`;
  const open = (): Promise<EventStore> => openLedgerOn(location, { namespace, credentials });
  eventStoreConformance(
    'on the KurrentDB of KURRENTDB_URL',
    async () => ({ store: await open(), openAnother: open, dispose: () => Promise.resolve() }),
    { eventIds: 'unchecked', handsOut: 'events' },
  );
} else if (wasAskedFor) {
  it('needs the location of a server', () => {
    throw new Error('set KURRENTDB_URL, for example to esdb://127.0.0.1:2113?tls=false');
  });
} else {
  it('on a real KurrentDB', { skip: 'KURRENTDB_URL is not set' });
}
