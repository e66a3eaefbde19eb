import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { DomainEvent } from '../../../src/engine/ledger/domain-event.ts';
import { encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { eventSchema } from '../../../src/engine/ledger/event-schema.ts';
import type { Aggregate } from '../../../src/engine/ledger/ledger.ts';
import { recordHash } from '../../../src/engine/ledger/record-hash.ts';
import type { RecordedEvent, Revision } from '../../../src/ports/event-store.ts';
import {
  count,
  type Counted,
  counted,
  countedShape,
  counter,
  counterStream,
  ledgerRig,
} from './ledger-rig.ts';
import { tamperedEventStore, type Tampering } from './tampered-event-store.ts';

/** The stream of five events, as it is after somebody was at it; which event shows it. */
interface Deed {
  readonly what: string;
  readonly tamper: Tampering;
  readonly noticedAt: number;
}

/** Knows a second type, so that only the chain can tell that an event had another one. */
const tolerant: Aggregate<number, DomainEvent> = {
  catalogue: { Counted: eventSchema(countedShape), Recounted: eventSchema(countedShape) },
  initial: 0,
  evolve: (total) => total,
};

const otherData = encodeEventData({ type: 'Counted', data: { by: 999 } });

function changed(at: number, change: (event: RecordedEvent) => Partial<RecordedEvent>): Tampering {
  return (events) =>
    events.map((event) => (event.revision === at ? { ...event, ...change(event) } : event));
}

/** The events with revisions as if they had always stood in this order. */
function renumbered(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.map((event, index) => ({ ...event, revision: index as Revision }));
}

/** The events, each chained to the one before as a careful forger would, from `from` to `to`. */
function rechained(events: readonly RecordedEvent[], from: number, to: number): RecordedEvent[] {
  const chain: RecordedEvent[] = [];
  for (const event of renumbered(events)) {
    const before = chain.at(-1);
    const isForged = before !== undefined && event.revision >= from && event.revision <= to;
    const metadata = isForged
      ? { ...event.metadata, previousHash: recordHash(counterStream, before.revision, before) }
      : event.metadata;
    chain.push({ ...event, metadata });
  }
  return chain;
}

const deeds: readonly Deed[] = [
  {
    what: 'the data of an event is altered',
    tamper: changed(1, () => ({ data: otherData })),
    noticedAt: 2,
  },
  {
    what: 'the type of an event is altered',
    tamper: changed(2, () => ({ type: 'Recounted' })),
    noticedAt: 3,
  },
  {
    what: 'the id of an event is altered',
    tamper: changed(0, () => ({ id: '00000000-0000-5000-8000-000000000000' })),
    noticedAt: 1,
  },
  ...(['actor', 'engineVersion', 'cause'] as const).map((field) => ({
    what: `the ${field} of an event is altered`,
    tamper: changed(1, ({ metadata }) => ({ metadata: { ...metadata, [field]: 'somebody else' } })),
    noticedAt: 2,
  })),
  {
    what: 'the time of an event is altered',
    tamper: changed(1, ({ metadata }) => ({
      metadata: {
        ...metadata,
        recordedAt: (metadata.recordedAt + 1) as typeof metadata.recordedAt,
      },
    })),
    noticedAt: 2,
  },
  {
    what: 'the last event stands at another revision',
    tamper: changed(4, () => ({ revision: 9 as Revision })),
    noticedAt: 9,
  },
  {
    what: 'an event is removed',
    tamper: (events) => events.filter(({ revision }) => revision !== 2),
    noticedAt: 3,
  },
  {
    what: 'an event is removed and the rest is numbered anew',
    tamper: (events) => renumbered(events.toSpliced(2, 1)),
    noticedAt: 2,
  },
  {
    what: 'the beginning is removed and the rest is numbered anew',
    tamper: (events) => renumbered(events.slice(1)),
    noticedAt: 0,
  },
  {
    what: 'an event is inserted',
    tamper: (events) => {
      const [first] = events;
      assert.ok(first !== undefined);
      return renumbered(events.toSpliced(3, 0, { ...first, data: otherData }));
    },
    noticedAt: 3,
  },
  {
    what: 'two events change places',
    tamper: (events) => {
      const [one, other] = [events[1], events[2]];
      assert.ok(one !== undefined && other !== undefined);
      return renumbered(events.toSpliced(1, 2, other, one));
    },
    noticedAt: 1,
  },
  {
    what: 'an event is altered and the next one chained to it anew',
    tamper: (events) => rechained(changed(1, () => ({ data: otherData }))(events), 2, 2),
    noticedAt: 3,
  },
];

describe('the chain of a stream', () => {
  it('holds over an honest stream', async () => {
    const { ledger } = ledgerRig();
    await count(ledger, 1, 2, 3, 4, 5);
    assert.equal((await ledger.load(counterStream, counter)).state, 15);
  });

  for (const { what, tamper, noticedAt } of deeds) {
    it(`breaks when ${what}, and says where`, async () => {
      const honest = ledgerRig();
      await count(honest.ledger, 1, 2, 3, 4, 5);
      const eventStore = tamperedEventStore(honest.eventStore, tamper);
      const { ledger } = ledgerRig({ eventStore });
      await assert.rejects(ledger.load(counterStream, tolerant), (error) => {
        assert.ok(error instanceof SnapledgerError);
        assert.equal(error.code, 'LEDGER_CORRUPT', error.message);
        assert.deepEqual(error.details, { stream: counterStream, revision: noticedAt });
        assert.ok(error.message.includes(`'${counterStream}'`), error.message);
        assert.ok(error.message.includes(`event ${noticedAt}`), error.message);
        return true;
      });
    });
  }

  it('covers the name of the stream: a stream cannot pass for another one', async () => {
    const { ledger, eventStore } = ledgerRig();
    await count(ledger, 1, 2);
    const [first] = await Array.fromAsync(eventStore.readStream(counterStream));
    assert.ok(first !== undefined);
    const here = recordHash(counterStream, 0, first);
    assert.notEqual(recordHash('counter-2' as typeof counterStream, 0, first), here);
    assert.notEqual(recordHash(counterStream, 1, first), here);
  });

  it('is checked from where an earlier reading ended', async () => {
    const { ledger } = ledgerRig();
    await count(ledger, 1, 2, 3);
    const entries = await Array.fromAsync(
      ledger.entries<Counted>(counterStream, counter.catalogue),
    );
    const rest = await Array.fromAsync(
      ledger.entries<Counted>(counterStream, counter.catalogue, {
        cursor: entries[0]?.next ?? assert.fail('there is a first entry'),
      }),
    );
    assert.deepEqual(
      rest.map(({ event }) => event.data.by),
      [2, 3],
    );
    const wrong = { nextRevision: 1, lastHash: '1'.repeat(64) };
    await assert.rejects(
      Array.fromAsync(ledger.entries<Counted>(counterStream, counter.catalogue, { cursor: wrong })),
      {
        code: 'LEDGER_CORRUPT',
      },
    );
  });

  // docs/ledger.md says the same: the seal is what shows these.
  it('alone cannot show that the end was cut off, or that everything after a change is forged', async () => {
    const honest = ledgerRig();
    await count(honest.ledger, 1, 2, 3, 4, 5);
    const cut = ledgerRig({
      eventStore: tamperedEventStore(honest.eventStore, (events) => events.slice(0, 3)),
    });
    assert.equal((await cut.ledger.load(counterStream, counter)).state, 6);
    const forged = ledgerRig({
      eventStore: tamperedEventStore(honest.eventStore, (events) =>
        rechained(changed(1, () => ({ data: otherData }))(events), 2, 4),
      ),
    });
    assert.equal((await forged.ledger.load(counterStream, counter)).state, 1 + 999 + 3 + 4 + 5);
  });
});

describe('a list over many streams', () => {
  it('is checked like one stream', async () => {
    const honest = ledgerRig();
    await count(honest.ledger, 1, 2, 3);
    const tamper = changed(1, () => ({ data: otherData }));
    const eventStore = {
      ...tamperedEventStore(honest.eventStore, tamper),
      async *readAll() {
        yield* tamper(await Array.fromAsync(honest.eventStore.readAll()));
      },
    };
    const { ledger } = ledgerRig({ eventStore });
    await assert.rejects(
      Array.fromAsync(ledger.entriesOfAll<Counted>('counter-', counter.catalogue)),
      {
        code: 'LEDGER_CORRUPT',
      },
    );
  });

  it('gives the events in the order in which they were recorded', async () => {
    const { ledger } = ledgerRig();
    await count(ledger, 1, 2);
    const other = 'counter-2' as typeof counterStream;
    await ledger.append(await ledger.load(other, counter), counted(7), 'Count', counter);
    await count(ledger, 3);
    const entries = ledger.entriesOfAll<Counted>('counter-', counter.catalogue);
    assert.deepEqual(
      (await Array.fromAsync(entries)).map(({ event }) => event.data.by),
      [1, 2, 7, 3],
    );
  });
});
