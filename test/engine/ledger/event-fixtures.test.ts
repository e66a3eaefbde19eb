import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import {
  backupCatalogue,
  instanceCatalogue,
  policyCatalogue,
  restoreCatalogue,
} from '../../../src/engine/ledger/event-catalogues.ts';
import {
  decodeEvent,
  encodeEventData,
  type EventCatalogue,
} from '../../../src/engine/ledger/event-codec.ts';
import { genesisHash } from '../../../src/engine/ledger/record-hash.ts';
import type { RecordedEvent } from '../../../src/ports/event-store.ts';
import { type AnyEvent, oneOfEveryEvent } from '../../support/domain/one-of-every-event.ts';
import { atHour } from '../../support/domain/sample-ids.ts';

/**
 * An event as it was written once. Files are never changed: a new version gets a new one, and so do
 * the types that a version got more fields in.
 */
interface Fixture {
  readonly type: AnyEvent['type'];
  readonly schemaVersion: number;
  readonly dataHex: string;
  readonly data: object;
}

const everyCatalogue: EventCatalogue<AnyEvent> = {
  ...backupCatalogue,
  ...restoreCatalogue,
  ...instanceCatalogue,
  ...policyCatalogue,
};

/** In the order in which they were written. */
const fixtureFiles = ['v1.json', 'v1-point-kind.json'];
const fixtures = (await Promise.all(fixtureFiles.map(readFixtures))).flat();

async function readFixtures(name: string): Promise<readonly Fixture[]> {
  const file = new URL(`../../fixtures/events/${name}`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')) as readonly Fixture[];
}

/** The newest of each type: the one that has all fields. */
const newest = [...new Map(fixtures.map((fixture) => [fixture.type, fixture])).values()];

function recorded({ type, schemaVersion, dataHex }: Fixture): RecordedEvent {
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

describe('an event that was written with version 1', () => {
  for (const fixture of fixtures) {
    it(`is still readable: ${fixture.type}`, () => {
      const event = decodeEvent(recorded(fixture), everyCatalogue);
      assert.deepEqual(event, { type: fixture.type, data: fixture.data });
    });
  }

  it('got more fields by additions only', () => {
    for (const { type, data } of fixtures) {
      const today = new Map<string, unknown>(Object.entries(oneOfEveryEvent[type]));
      for (const [field, value] of Object.entries(data)) {
        assert.deepEqual(today.get(field), value, `${type}.${field}`);
      }
    }
  });

  it('is there for every type that has a version 1', () => {
    const types = newest.map(({ type }) => type);
    assert.deepEqual(types.toSorted(), Object.keys(everyCatalogue).toSorted());
  });

  it('says everything that such an event says today, if it is the newest of its type', () => {
    for (const { type, schemaVersion, data } of newest) {
      // Once a type has a newer version its sample is of that one.
      if (everyCatalogue[type].schemaVersion > schemaVersion) continue;
      assert.deepEqual(data, oneOfEveryEvent[type], type);
    }
  });
});

describe('the encoding of events', () => {
  it('keeps every value, the large and the empty ones too', () => {
    for (const fixture of fixtures) {
      const data = encodeEventData({ type: fixture.type, data: oneOfEveryEvent[fixture.type] });
      const dataHex = Buffer.from(data).toString('hex');
      const event = decodeEvent(recorded({ ...fixture, dataHex }), everyCatalogue);
      assert.deepEqual(event.data, oneOfEveryEvent[fixture.type]);
    }
  });

  it('is plain msgpack: maps with the names of the fields, without extensions', () => {
    const data = encodeEventData({ type: 'X', data: { setId: 'a', count: 3, none: null } });
    assert.equal(
      Buffer.from(data).toString('hex'),
      // map16(3) "setId" "a" "count" 3 "none" nil
      'de0003' + 'a57365744964a161' + 'a5636f756e7403' + 'a46e6f6e65c0',
    );
  });
});
