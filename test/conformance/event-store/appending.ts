import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { EventStoreContext } from './event-store-context.ts';
import {
  all,
  at,
  laterMetadata,
  metadata,
  newEvent,
  newEvents,
  newStream,
  rejects,
  revisions,
  withoutPlace,
} from './sample-events.ts';

/** What `append` promises, to one appender and to many. */
export function appendingConformance(context: EventStoreContext): void {
  describe('append', () => {
    it('makes a stream, and continues it at its last revision', async () => {
      const stream = newStream();
      assert.deepEqual(await context.store.append(stream, 'no-stream', newEvents(1)), {
        revision: 0,
      });
      assert.deepEqual(await context.store.append(stream, at(0), newEvents(3)), { revision: 3 });
      assert.deepEqual(revisions(await all(context.store.readStream(stream))), [0, 1, 2, 3]);
    });

    it('gives every event back as it was appended', async () => {
      const stream = newStream();
      const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
      const events = [
        newEvent({ type: 'SessionStarted', data: everyByte }),
        newEvent({ type: 'Empty', data: new Uint8Array() }),
        newEvent({ metadata: { ...metadata, actor: 'Zoë “Ω” \u{1f4be}', cause: '' } }),
        newEvent({ metadata: laterMetadata }),
      ];
      await context.store.append(stream, 'no-stream', events);
      const recorded = await all(context.store.readStream(stream));
      assert.deepEqual(recorded.map(withoutPlace), events);
      assert.ok(recorded.every((event) => event.stream === stream));
    });

    it('keeps its own copy of the data', async () => {
      const stream = newStream();
      const data = Uint8Array.of(1, 2, 3);
      await context.store.append(stream, 'no-stream', [newEvent({ data })]);
      data.fill(9);
      const [first] = await all(context.store.readStream(stream));
      first?.data.fill(7);
      const [again] = await all(context.store.readStream(stream));
      assert.deepEqual(again?.data, Uint8Array.of(1, 2, 3));
    });

    it('appends to each stream by itself', async () => {
      const [one, other] = [newStream(), newStream()];
      await context.store.append(one, 'no-stream', newEvents(2));
      assert.deepEqual(await context.store.append(other, 'no-stream', newEvents(1)), {
        revision: 0,
      });
      assert.deepEqual(await context.store.append(one, at(1), newEvents(1)), { revision: 2 });
    });

    it('refuses a stream that is elsewhere, and writes nothing of the append', async () => {
      const stream = newStream();
      await rejects(context.store.append(stream, at(0), newEvents(1)), 'REVISION_CONFLICT');
      await context.store.append(stream, 'no-stream', newEvents(3));
      await rejects(context.store.append(stream, 'no-stream', newEvents(2)), 'REVISION_CONFLICT');
      await rejects(context.store.append(stream, at(1), newEvents(2)), 'REVISION_CONFLICT');
      await rejects(context.store.append(stream, at(3), newEvents(2)), 'REVISION_CONFLICT');
      assert.equal((await all(context.store.readStream(stream))).length, 3);
    });

    it('shows an append to every other handle as soon as it has resolved', async () => {
      const stream = newStream();
      const other = await context.openAnother();
      await context.store.append(stream, 'no-stream', newEvents(1));
      assert.deepEqual(revisions(await all(other.readStream(stream))), [0]);
      await rejects(other.append(stream, 'no-stream', newEvents(1)), 'REVISION_CONFLICT');
      assert.deepEqual(await other.append(stream, at(0), newEvents(1)), { revision: 1 });
    });
  });

  describe('an append that is made again', () => {
    it('gives the first result and writes nothing', async () => {
      const stream = newStream();
      const [first, second] = [newEvents(2), newEvents(3)];
      await context.store.append(stream, 'no-stream', first);
      await context.store.append(stream, at(1), second);
      const other = await context.openAnother();
      assert.deepEqual(await other.append(stream, at(1), second), { revision: 4 });
      assert.equal((await all(context.store.readStream(stream))).length, 5);
    });

    it('is recognised also when others have appended since', async () => {
      const stream = newStream();
      const first = newEvents(2);
      await context.store.append(stream, 'no-stream', first);
      await context.store.append(stream, at(1), newEvents(2));
      assert.deepEqual(await context.store.append(stream, 'no-stream', first), { revision: 1 });
      assert.equal((await all(context.store.readStream(stream))).length, 4);
    });

    it('is recognised by its ids alone, because a retry may be recorded at another time', async () => {
      const stream = newStream();
      const event = newEvent();
      await context.store.append(stream, 'no-stream', [event]);
      const later = { ...event.metadata, recordedAt: (metadata.recordedAt + 1) as TimestampMs };
      const retried = { ...event, metadata: later };
      assert.deepEqual(await context.store.append(stream, 'no-stream', [retried]), { revision: 0 });
      assert.deepEqual((await all(context.store.readStream(stream))).map(withoutPlace), [event]);
    });

    it('is a conflict when only a part of it is there', async () => {
      const stream = newStream();
      const [a, b, c] = [newEvent(), newEvent(), newEvent()];
      await context.store.append(stream, 'no-stream', [a, b]);
      for (const events of [[a, c], [c, b], [b, a], [a, b, c], [b]]) {
        await rejects(context.store.append(stream, 'no-stream', events), 'REVISION_CONFLICT');
      }
      await rejects(context.store.append(stream, at(0), [b, c]), 'REVISION_CONFLICT');
      assert.equal((await all(context.store.readStream(stream))).length, 2);
    });

    it('may be a first part of what is there', async () => {
      const stream = newStream();
      const [a, b, c] = [newEvent(), newEvent(), newEvent()];
      await context.store.append(stream, 'no-stream', [a, b, c]);
      assert.deepEqual(await context.store.append(stream, 'no-stream', [a]), { revision: 0 });
      assert.deepEqual(await context.store.append(stream, at(0), [b, c]), { revision: 2 });
    });

    it('is one append, whoever makes it at the same time', async () => {
      const stream = newStream();
      const other = await context.openAnother();
      const events = newEvents(3);
      const attempts = Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? context.store : other).append(stream, 'no-stream', events),
      );
      const results = await Promise.all(attempts);
      assert.deepEqual(new Set(results.map((result) => result.revision)), new Set([2]));
      assert.equal((await all(context.store.readStream(stream))).length, 3);
    });
  });

  describe('several appenders to one stream', () => {
    it('have exactly one winner for each revision', async () => {
      const stream = newStream();
      const handles = [
        context.store,
        await context.openAnother(),
        await context.openAnother(),
        context.store,
      ];
      const wins = await Promise.all(
        handles.map(async (handle) => {
          const won: string[] = [];
          while (won.length < 15) {
            const [last] = await all(
              handle.readStream(stream, { direction: 'backwards', limit: 1 }),
            );
            const event = newEvent();
            try {
              await handle.append(stream, last?.revision ?? 'no-stream', [event]);
              won.push(event.id);
            } catch (error) {
              if (!hasErrorCode(error, 'REVISION_CONFLICT')) throw error;
            }
          }
          return won;
        }),
      );
      const recorded = await all(context.store.readStream(stream));
      assert.deepEqual(
        revisions(recorded),
        Array.from({ length: 60 }, (_, index) => index),
      );
      assert.deepEqual(new Set(recorded.map((event) => event.id)), new Set(wins.flat()));
    });
  });
}
