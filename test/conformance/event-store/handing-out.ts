import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { EventStore, HandedEvent, StreamName } from '../../../src/ports/event-store.ts';
import { eventually } from '../../support/engine/eventually.ts';
import type { EventStoreContext } from './event-store-context.ts';
import { at, newEvents, newStream } from './sample-events.ts';

interface Taker {
  readonly revisions: readonly number[];
  readonly stop: () => Promise<void>;
}

/** Takes what is handed out, and says of each that it is done unless it is told to keep it. */
function take(store: EventStore, stream: StreamName, what: 'finishes' | 'keeps'): Taker {
  const revisions: number[] = [];
  const controller = new AbortController();
  const given = store.handOut?.(stream, controller.signal);
  assert.ok(given !== undefined);
  const run = async (events: AsyncIterable<HandedEvent>): Promise<void> => {
    for await (const { record, done } of events) {
      revisions.push(record.revision);
      if (what === 'finishes') await done();
    }
  };
  const ended = run(given);
  ended.catch(() => undefined);
  return {
    revisions,
    stop: () => {
      controller.abort();
      return ended;
    },
  };
}

/** Of the stores that hand events out: at least once, to one process each, in no order. */
export function handingOutConformance(context: EventStoreContext): void {
  describe('handing out', () => {
    it('gives what was there before anybody asked, and what comes', async () => {
      const stream = newStream('offers');
      await context.store.append(stream, 'no-stream', newEvents(3));
      const taker = take(context.store, stream, 'finishes');
      await eventually('it is handed out', () => taker.revisions.length >= 3);
      await context.store.append(stream, at(2), newEvents(2));
      await eventually('it is handed out', () => new Set(taker.revisions).size === 5);
      await taker.stop();
    });

    it('can be asked for before there is anything', async () => {
      const stream = newStream('offers');
      const taker = take(context.store, stream, 'finishes');
      await delay(100);
      await context.store.append(stream, 'no-stream', newEvents(1));
      await eventually('it is handed out', () => taker.revisions.length >= 1);
      await taker.stop();
    });

    it('spreads over those who ask', async () => {
      const other = await context.openAnother();
      const stream = newStream('offers');
      const takers = [take(context.store, stream, 'finishes'), take(other, stream, 'finishes')];
      const seen = (): number => new Set(takers.flatMap(({ revisions }) => revisions)).size;
      // One after the other: whoever came first must not be done with all before the other one came.
      let appended = 0;
      await eventually('each of them is handed something', async () => {
        if (takers.every(({ revisions }) => revisions.length > 0)) return true;
        if (seen() < appended) return false;
        const expected = appended === 0 ? 'no-stream' : at(appended - 1);
        await context.store.append(stream, expected, newEvents(1));
        appended += 1;
        return false;
      });
      await eventually('everything is handed out', () => seen() === appended);
      await Promise.all(takers.map(({ stop }) => stop()));
    });

    it('gives what one had and did not finish to another one when it goes', async () => {
      const other = await context.openAnother();
      const stream = newStream('offers');
      await context.store.append(stream, 'no-stream', newEvents(1));
      const dying = take(other, stream, 'keeps');
      await eventually('it is handed out', () => dying.revisions.length === 1);
      await other.close();
      const heir = take(context.store, stream, 'finishes');
      await eventually('it is handed out', () => heir.revisions.length >= 1);
      assert.equal(heir.revisions[0], 0);
      await heir.stop();
    });
  });
}
