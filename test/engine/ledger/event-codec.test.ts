import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import { backupCatalogue } from '../../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent, encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { genesisHash } from '../../../src/engine/ledger/record-hash.ts';
import type { RecordedEvent } from '../../../src/ports/event-store.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const cancelled: BackupSessionEvent = {
  type: 'CancellationRequested',
  data: { reason: 'the operator pressed Ctrl-C' },
};

interface RecordOptions {
  readonly type?: string;
  readonly data?: Uint8Array;
  readonly schemaVersion?: number;
}

function recorded(options: RecordOptions = {}): RecordedEvent {
  const { type = cancelled.type, data = encodeEventData(cancelled), schemaVersion = 1 } = options;
  return {
    id: '00000000-0000-5000-8000-000000000000',
    type,
    data,
    metadata: {
      schemaVersion,
      recordedAt: atHour(7),
      actor: 'tester',
      engineVersion: '0.0.0',
      cause: 'Cancel',
      previousHash: genesisHash,
    },
    stream: `session-${sampleIds.session('x')}` as RecordedEvent['stream'],
    revision: 4 as RecordedEvent['revision'],
    position: '9' as RecordedEvent['position'],
  };
}

function refusedWith(event: RecordedEvent): SnapledgerError {
  try {
    decodeEvent(event, backupCatalogue);
  } catch (error) {
    assert.ok(error instanceof SnapledgerError);
    return error;
  }
  return assert.fail('the event was decoded');
}

describe('the codec of events', () => {
  it('gives back what was encoded', () => {
    assert.deepEqual(decodeEvent(recorded(), backupCatalogue), cancelled);
  });

  it('refuses a type that it does not know, and says who knows it', () => {
    const error = refusedWith(recorded({ type: 'SnapshotFrozen' }));
    assert.equal(error.code, 'UNKNOWN_EVENT');
    assert.match(error.message, /event 4 .*'session-session-x'.*'SnapshotFrozen'/);
    assert.match(error.remedy ?? '', /newer version of snapledger/);
  });

  it('is not taken in by a type that every object has', () => {
    for (const type of ['toString', '__proto__', 'constructor']) {
      assert.equal(refusedWith(recorded({ type })).code, 'UNKNOWN_EVENT');
    }
  });

  it('refuses a newer version of a type that it knows, and says who can read it', () => {
    const error = refusedWith(recorded({ schemaVersion: 2 }));
    assert.equal(error.code, 'UNKNOWN_EVENT');
    assert.match(error.message, /'CancellationRequested' of version 2/);
    assert.match(error.remedy ?? '', /newer version of snapledger/);
  });

  const broken = [
    ['cut short', encodeEventData(cancelled).subarray(0, 10)],
    ['empty', new Uint8Array()],
    ['followed by more', Buffer.concat([encodeEventData(cancelled), Buffer.from([1])])],
  ] as const;
  for (const [what, data] of broken) {
    it(`calls the ledger corrupt when the data is ${what}, and says where`, () => {
      const error = refusedWith(recorded({ data }));
      assert.equal(error.code, 'LEDGER_CORRUPT');
      assert.deepEqual(error.details, { stream: 'session-session-x', revision: 4 });
    });
  }

  it('calls the ledger corrupt when the data is no map', () => {
    // The number 7, nil, an array, and the one byte that msgpack does not use.
    for (const byte of [0x07, 0xc0, 0x90, 0xc1]) {
      assert.equal(refusedWith(recorded({ data: Uint8Array.of(byte) })).code, 'LEDGER_CORRUPT');
    }
  });
});
