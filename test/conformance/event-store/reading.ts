import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { eventStoreLimits } from '../../../src/ports/event-store.ts';
import type { StreamName } from '../../../src/ports/event-store.ts';
import type { EventStoreContext } from './event-store-context.ts';
import {
  all,
  at,
  fill,
  lastPosition,
  newEvent,
  newEvents,
  newStream,
  revisions,
  withoutPlace,
} from './sample-events.ts';

/** What `readStream` and `readAll` give. */
export function readingConformance(context: EventStoreContext): void {
  describe('readStream', () => {
    it('gives nothing for a stream that is not there', async () => {
      assert.deepEqual(await all(context.store.readStream(newStream())), []);
      assert.deepEqual(
        await all(context.store.readStream(newStream(), { direction: 'backwards' })),
        [],
      );
    });

    it('gives what an array of the events would give, in every direction', async () => {
      const stream = newStream();
      const length = 20;
      await context.store.append(stream, 'no-stream', newEvents(length));
      const whole = Array.from({ length }, (_, index) => index);
      await fc.assert(
        fc.asyncProperty(
          fc.option(fc.nat({ max: length + 3 }), { nil: undefined }),
          fc.option(fc.nat({ max: length + 3 }), { nil: undefined }),
          fc.constantFrom('forwards', 'backwards'),
          async (from, limit, direction) => {
            const expected =
              direction === 'forwards'
                ? whole.slice(from ?? 0)
                : whole.slice(0, (from ?? length) + 1).reverse();
            const given = await all(
              context.store.readStream(stream, {
                direction,
                ...(from === undefined ? {} : { from: at(from) }),
                ...(limit === undefined ? {} : { limit }),
              }),
            );
            assert.deepEqual(revisions(given), expected.slice(0, limit ?? length));
          },
        ),
        { numRuns: 60 },
      );
    });

    it('gives a stream of many pages without a gap, in both directions', async () => {
      const stream = newStream();
      await fill(context.store, stream, 700);
      const forwards = await all(context.store.readStream(stream));
      const backwards = await all(context.store.readStream(stream, { direction: 'backwards' }));
      assert.deepEqual(
        revisions(forwards),
        Array.from({ length: 700 }, (_, index) => index),
      );
      assert.deepEqual(backwards.reverse(), forwards);
    });

    it('gives large events, more than one page of them', async () => {
      const stream = newStream();
      const events = Array.from({ length: 12 }, (_, index) =>
        newEvent({ data: new Uint8Array(eventStoreLimits.eventSizeMaxBytes).fill(index) }),
      );
      // One by one: a store may limit the bytes of one append.
      for (const [index, event] of events.entries()) {
        await context.store.append(stream, index === 0 ? 'no-stream' : at(index - 1), [event]);
      }
      const forwards = await all(context.store.readStream(stream));
      assert.deepEqual(forwards.map(withoutPlace), events);
      const ofAll = await all(context.store.readAll({ streamPrefix: stream }));
      assert.deepEqual(ofAll.map(withoutPlace), events);
    });
  });

  describe('readAll', () => {
    it('gives all streams in the order of the appends', async () => {
      const [one, other] = [newStream(), newStream()];
      const after = await lastPosition(context.store);
      await context.store.append(one, 'no-stream', newEvents(2));
      await context.store.append(other, 'no-stream', newEvents(1));
      await context.store.append(one, at(1), newEvents(1));
      const recorded = await all(context.store.readAll(after));
      assert.deepEqual(
        recorded.map((event) => [event.stream, event.revision]),
        [
          [one, 0],
          [one, 1],
          [other, 0],
          [one, 2],
        ],
      );
      assert.equal(new Set(recorded.map((event) => event.position)).size, 4);
    });

    it('continues after any position, up to a limit', async () => {
      const begin = await lastPosition(context.store);
      await fill(context.store, newStream(), 6);
      const recorded = await all(context.store.readAll(begin));
      for (const [index, event] of recorded.entries()) {
        const rest = await all(context.store.readAll({ after: event.position }));
        assert.deepEqual(rest, recorded.slice(index + 1));
      }
      assert.deepEqual(
        await all(context.store.readAll({ ...begin, limit: 4 })),
        recorded.slice(0, 4),
      );
      assert.deepEqual(await all(context.store.readAll({ ...begin, limit: 0 })), []);
    });

    it('gives only the streams of a prefix, however rare they are', async () => {
      const after = await lastPosition(context.store);
      const [rare, common] = [newStream('rare'), newStream('common')];
      await context.store.append(rare, 'no-stream', newEvents(1));
      await fill(context.store, common, 600);
      await context.store.append(rare, at(0), newEvents(1));
      const recorded = await all(context.store.readAll({ ...after, streamPrefix: 'rare-' }));
      assert.deepEqual(
        recorded.map((event) => [event.stream, event.revision]),
        [
          [rare, 0],
          [rare, 1],
        ],
      );
      const limited = await all(
        context.store.readAll({ ...after, streamPrefix: 'rare-', limit: 1 }),
      );
      assert.deepEqual(limited, recorded.slice(0, 1));
    });

    it('takes a prefix letter by letter, never as a pattern', async () => {
      const after = await lastPosition(context.store);
      const key = newStream('');
      for (const prefix of ['a%', 'ab', 'A%', 'a_', 'ä%']) {
        await context.store.append(`${prefix}${key}` as StreamName, 'no-stream', newEvents(1));
      }
      const recorded = await all(context.store.readAll({ ...after, streamPrefix: 'a%' }));
      assert.deepEqual(
        recorded.map((event) => event.stream),
        [`a%${key}`],
      );
    });
  });
}
