import {
  backupCatalogue,
  instanceCatalogue,
  leaseCatalogue,
  offerCatalogue,
  policyCatalogue,
  retentionSettingsCatalogue,
  policyRunCatalogue,
  repositoryCatalogue,
  restoreCatalogue,
  scheduleCatalogue,
  verificationsCatalogue,
} from '../../../src/engine/ledger/event-catalogues.ts';
import type { EventCatalogue } from '../../../src/engine/ledger/event-schema.ts';
import { genesisHash } from '../../../src/engine/ledger/record-hash.ts';
import type { RecordedEvent } from '../../../src/ports/event-store.ts';
import type { AnyEvent } from '../../support/domain/one-of-every-event.ts';
import { atHour } from '../../support/domain/sample-ids.ts';

/** An event as it was written once. The file is never changed; a new version gets a new file. */
export interface EventFixture {
  readonly type: AnyEvent['type'];
  readonly schemaVersion: number;
  readonly dataHex: string;
  readonly data: object;
}

export const everyCatalogue: EventCatalogue<AnyEvent> = {
  ...backupCatalogue,
  ...restoreCatalogue,
  ...instanceCatalogue,
  ...policyCatalogue,
  ...retentionSettingsCatalogue,
  ...scheduleCatalogue,
  ...offerCatalogue,
  ...leaseCatalogue,
  ...policyRunCatalogue,
  ...repositoryCatalogue,
  ...verificationsCatalogue,
};

/** As a store would give it back. */
export function recordedEvent({
  type,
  schemaVersion,
  dataHex,
}: Omit<EventFixture, 'data'>): RecordedEvent {
  return {
    id: '00000000-0000-5000-8000-000000000000',
    type,
    data: Buffer.from(dataHex, 'hex'),
    metadata: {
      schemaVersion,
      recordedAt: atHour(0),
      actor: 'tester',
      engineVersion: '0.1.0',
      cause: 'a fixture',
      previousHash: genesisHash,
    },
    stream: 'session-fixture' as RecordedEvent['stream'],
    revision: 0 as RecordedEvent['revision'],
    position: '1' as RecordedEvent['position'],
  };
}
