import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it, type TestContext } from 'node:test';
import type { EventStore, HandedEvent, StreamName } from '../../../src/ports/event-store.ts';
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

async function until(
  condition: () => boolean,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    await meanwhile();
    assert.ok(performance.now() < deadline, 'this did not happen within 20 s');
    await delay(5);
  }
}

/** Of the stores that hand events out: at least once, to one process each, in no order. */
export function handingOutConformance(context: EventStoreContext): void {
  const offered = (test: TestContext): boolean => {
    if (context.store.handOut !== undefined) return true;
    test.skip('this store hands nothing out');
    return false;
  };

  describe('handing out', () => {
    it('gives what was there before anybody asked, and what comes', async (test) => {
      if (!offered(test)) return;
      const stream = newStream('offers');
      await context.store.append(stream, 'no-stream', newEvents(3));
      const taker = take(context.store, stream, 'finishes');
      await until(() => taker.revisions.length >= 3);
      await context.store.append(stream, at(2), newEvents(2));
      await until(() => new Set(taker.revisions).size === 5);
      await taker.stop();
    });

    it('can be asked for before there is anything', async (test) => {
      if (!offered(test)) return;
      const stream = newStream('offers');
      const taker = take(context.store, stream, 'finishes');
      await delay(100);
      await context.store.append(stream, 'no-stream', newEvents(1));
      await until(() => taker.revisions.length >= 1);
      await taker.stop();
    });

    it('spreads over those who ask', async (test) => {
      if (!offered(test)) return;
      const other = await context.openAnother();
      assert.ok(other !== undefined);
      const stream = newStream('offers');
      const takers = [take(context.store, stream, 'finishes'), take(other, stream, 'finishes')];
      const seen = (): number => new Set(takers.flatMap(({ revisions }) => revisions)).size;
      // One after the other: whoever came first must not be done with all before the other one came.
      let appended = 0;
      await until(
        () => takers.every(({ revisions }) => revisions.length > 0),
        async () => {
          if (seen() < appended) return;
          const expected = appended === 0 ? 'no-stream' : at(appended - 1);
          await context.store.append(stream, expected, newEvents(1));
          appended += 1;
        },
      );
      await until(() => seen() === appended);
      await Promise.all(takers.map(({ stop }) => stop()));
    });

    it('gives what one had and did not finish to another one when it goes', async (test) => {
      if (!offered(test)) return;
      const other = await context.openAnother();
      assert.ok(other !== undefined);
      const stream = newStream('offers');
      await context.store.append(stream, 'no-stream', newEvents(1));
      const dying = take(other, stream, 'keeps');
      await until(() => dying.revisions.length === 1);
      await other.close();
      const heir = take(context.store, stream, 'finishes');
      await until(() => heir.revisions.length >= 1);
      assert.equal(heir.revisions[0], 0);
      await heir.stop();
    });
  });
}
