import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { eventStoreLimits } from '../../../src/ports/event-store.ts';
import type { GlobalPosition, NewEvent, StreamName } from '../../../src/ports/event-store.ts';
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
} from './sample-events.ts';

/** What no event store takes, and what the largest is that it does take. */
export function refusingConformance(context: EventStoreContext): void {
  describe('limits', () => {
    const { appendEventsMax, eventSizeMaxBytes, streamNameMaxLength } = eventStoreLimits;

    it('takes the largest of everything', async () => {
      const stream = newStream().padEnd(streamNameMaxLength, 'x') as StreamName;
      const largest = newEvent({ data: new Uint8Array(eventSizeMaxBytes).fill(0xa5) });
      await context.store.append(stream, 'no-stream', [largest]);
      await context.store.append(stream, at(0), newEvents(appendEventsMax));
      const recorded = await all(context.store.readStream(stream));
      assert.equal(recorded.length, 1 + appendEventsMax);
      assert.deepEqual(recorded[0]?.data, largest.data);
    });

    it('refuses more events or bytes than that, and an append of nothing', async () => {
      const stream = newStream();
      const tooLarge = newEvent({ data: new Uint8Array(eventSizeMaxBytes + 1) });
      for (const events of [[], newEvents(appendEventsMax + 1), [newEvent(), tooLarge]]) {
        await rejects(context.store.append(stream, 'no-stream', events), 'INVALID_ARGUMENT');
      }
      assert.deepEqual(await all(context.store.readStream(stream)), []);
    });

    for (const [what, text] of [
      ['empty', ''],
      ['too long', 'x'.repeat(streamNameMaxLength + 1)],
      ['one of the system', '$settings'],
      ['text with a control character', 'session-\u0000'],
      ['text with half a character', 'session-\ud83d'],
    ] as const) {
      it(`refuses a stream name that is ${what}`, async () => {
        const stream = text as StreamName;
        await rejects(context.store.append(stream, 'no-stream', newEvents(1)), 'INVALID_ARGUMENT');
        await rejects(all(context.store.readStream(stream)), 'INVALID_ARGUMENT');
      });
    }

    it('refuses an event without a proper id, type or metadata', async () => {
      const event = newEvent();
      const refused: readonly (readonly NewEvent[])[] = [
        [newEvent({ id: 'first' })],
        [newEvent({ id: newEvent().id.toUpperCase() })],
        [event, event],
        [newEvent({ type: '' })],
        [newEvent({ metadata: { ...metadata, recordedAt: Number.NaN as TimestampMs } })],
        [newEvent({ metadata: { ...metadata, previousHash: 'none' } })],
        [newEvent({ metadata: { ...laterMetadata, ...{ count: 3n } } })],
      ];
      for (const events of refused) {
        await rejects(context.store.append(newStream(), 'no-stream', events), 'INVALID_ARGUMENT');
      }
    });

    for (const number of [-1, 0.5, Number.NaN, 2 ** 53]) {
      it(`refuses ${number} for a revision or a limit`, async () => {
        const stream = newStream();
        await rejects(context.store.append(stream, at(number), newEvents(1)), 'INVALID_ARGUMENT');
        await rejects(
          all(context.store.readStream(stream, { from: at(number) })),
          'INVALID_ARGUMENT',
        );
        await rejects(all(context.store.readStream(stream, { limit: number })), 'INVALID_ARGUMENT');
        await rejects(all(context.store.readAll({ limit: number })), 'INVALID_ARGUMENT');
      });
    }

    it('refuses a position that is none', async () => {
      const after = 'yesterday' as GlobalPosition;
      await rejects(all(context.store.readAll({ after })), 'INVALID_ARGUMENT');
      const { signal } = new AbortController();
      await rejects(all(context.store.subscribe({ after, signal })), 'INVALID_ARGUMENT');
    });

    if (context.eventIds === 'unique') {
      it('refuses an id that another event has', async () => {
        const event = newEvent();
        const stream = newStream();
        await context.store.append(stream, 'no-stream', [event]);
        const again = [newEvent(), event];
        await rejects(context.store.append(newStream(), 'no-stream', again), 'INVALID_ARGUMENT');
        await rejects(context.store.append(stream, at(0), again), 'INVALID_ARGUMENT');
        assert.equal((await all(context.store.readStream(stream))).length, 1);
      });
    }
  });
}
