import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordedEvent } from '../../../src/ports/event-store.ts';
import type { EventStoreContext } from './event-store-context.ts';
import { collect } from './collected-subscription.ts';
import {
  all,
  at,
  fill,
  lastPosition,
  newEvent,
  newEvents,
  newStream,
  rejects,
  revisions,
} from './sample-events.ts';

/** What `subscribe` gives, and how it ends; and what `close` ends. */
export function subscribingConformance(context: EventStoreContext): void {
  describe('subscribe', () => {
    it('gives what was there, then what comes, each once and in order', async () => {
      const after = await lastPosition(context.store);
      const stream = newStream();
      await fill(context.store, stream, 300);
      const subscription = collect(context.store, after);
      await subscription.until(300);
      await fill(context.store, newStream(), 20);
      await context.store.append(stream, at(299), newEvents(2));
      await subscription.until(322);
      assert.deepEqual(await subscription.stop(), await all(context.store.readAll(after)));
    });

    it('begins at the first event of all when no position is given', async () => {
      const stream = newStream();
      await fill(context.store, stream, 3);
      const subscription = collect(context.store, { streamPrefix: stream });
      await subscription.until(3);
      assert.deepEqual(revisions(await subscription.stop()), [0, 1, 2]);
    });

    it('loses nothing while it is catching up', async () => {
      const after = await lastPosition(context.store);
      const stream = newStream();
      await fill(context.store, stream, 10);
      const subscription = collect(context.store, after);
      for (let revision = 9; revision < 110; revision += 1) {
        await context.store.append(stream, at(revision), newEvents(1));
      }
      await subscription.until(111);
      assert.deepEqual(await subscription.stop(), await all(context.store.readAll(after)));
    });

    it('gives events that another process appends', async () => {
      const after = await lastPosition(context.store);
      const other = await context.openAnother();
      const subscription = collect(context.store, after);
      await fill(other, newStream(), 5);
      await subscription.until(5);
      await fill(other, newStream(), 5);
      await subscription.until(10);
      assert.deepEqual(await subscription.stop(), await all(context.store.readAll(after)));
    });

    it('serves several subscribers, each with all events of its prefix', async () => {
      const after = await lastPosition(context.store);
      const one = collect(context.store, { ...after, streamPrefix: 'session-' });
      const other = collect(context.store, { ...after, streamPrefix: 'policy-' });
      await fill(context.store, newStream('session'), 3);
      await fill(context.store, newStream('policy'), 2);
      await fill(context.store, newStream('session'), 3);
      await one.until(6);
      await other.until(2);
      for (const [subscription, prefix] of [
        [one, 'session-'],
        [other, 'policy-'],
      ] as const) {
        const expected = await all(context.store.readAll({ ...after, streamPrefix: prefix }));
        assert.deepEqual(await subscription.stop(), expected);
      }
    });

    it('continues after the last position that a subscriber has seen', async () => {
      const after = await lastPosition(context.store);
      await fill(context.store, newStream(), 4);
      const first = collect(context.store, after);
      await first.until(2);
      const seen = (await first.stop()).slice(0, 2);
      const position = seen.at(-1)?.position;
      assert.ok(position !== undefined);
      const second = collect(context.store, { after: position });
      await second.until(2);
      assert.deepEqual(
        [...seen, ...(await second.stop())],
        await all(context.store.readAll(after)),
      );
    });

    it('ends without an error when its signal aborts: before, during and between events', async () => {
      const after = await lastPosition(context.store);
      await fill(context.store, newStream(), 3);
      assert.deepEqual(
        await all(context.store.subscribe({ ...after, signal: AbortSignal.abort() })),
        [],
      );

      const during = new AbortController();
      const given: RecordedEvent[] = [];
      for await (const event of context.store.subscribe({ ...after, signal: during.signal })) {
        given.push(event);
        during.abort();
      }
      assert.equal(given.length, 1);

      const between = collect(context.store, after);
      await between.until(3);
      assert.equal((await between.stop()).length, 3);
    });

    it('gives nothing more once it has ended', async () => {
      const after = await lastPosition(context.store);
      const subscription = collect(context.store, after);
      await fill(context.store, newStream(), 1);
      await subscription.until(1);
      const given = await subscription.stop();
      await fill(context.store, newStream(), 1);
      assert.equal(given.length, 1);
    });
  });

  describe('close', () => {
    it('refuses everything afterwards, and may be called again', async () => {
      const stream = newStream();
      const event = newEvent();
      await context.store.append(stream, 'no-stream', [event]);
      await context.store.close();
      await context.store.close();
      await rejects(context.store.append(stream, at(0), newEvents(1)), 'LEDGER_UNAVAILABLE');
      await rejects(context.store.append(stream, 'no-stream', [event]), 'LEDGER_UNAVAILABLE');
      await rejects(all(context.store.readStream(stream)), 'LEDGER_UNAVAILABLE');
      await rejects(all(context.store.readAll()), 'LEDGER_UNAVAILABLE');
    });

    it('ends a subscription that waits with an error, not as if it had been told to', async () => {
      const after = await lastPosition(context.store);
      const subscription = collect(context.store, after);
      await fill(context.store, newStream(), 1);
      await subscription.until(1);
      await context.store.close();
      await rejects(subscription.ended, 'LEDGER_UNAVAILABLE');
    });

    it('leaves other handles as they are', async () => {
      const other = await context.openAnother();
      const stream = newStream();
      await context.store.append(stream, 'no-stream', newEvents(1));
      await context.store.close();
      assert.deepEqual(await other.append(stream, at(0), newEvents(1)), { revision: 1 });
    });
  });
}
