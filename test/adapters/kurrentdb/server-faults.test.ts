import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { KurrentDbLimits } from '../../../src/adapters/kurrentdb/kurrentdb-limits.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { EventStore, StreamName } from '../../../src/ports/event-store.ts';
import { collect } from '../../conformance/event-store/collected-subscription.ts';
import {
  all,
  at,
  fill,
  newEvents,
  newStream,
  rejects,
  revisions,
} from '../../conformance/event-store/sample-events.ts';
import { FakeKurrentDb } from '../../support/kurrentdb/fake-kurrentdb.ts';
import { openLineTo } from '../../support/kurrentdb/breakable-line.ts';
import { openLedgerOn } from '../../support/kurrentdb/open-ledger-on.ts';

const limits: Partial<KurrentDbLimits> = {
  callTimeoutMs: 500,
  readSilenceMaxMs: 300,
  resubscribeAttemptsMax: 4,
  resubscribeFirstDelayMs: 10,
  resubscribeDelayMaxMs: 40,
};

describe('a ledger on a KurrentDB that misbehaves', { timeout: 60_000 }, () => {
  let server: FakeKurrentDb;
  let store: EventStore;
  beforeEach(async () => {
    server = await FakeKurrentDb.start();
    store = await openLedgerOn(server.url, { limits });
  });
  afterEach(async () => {
    await store.close();
    await server[Symbol.asyncDispose]();
  });

  describe('handing out', () => {
    /** The revisions that are handed out until there are so many, each said to be done. */
    async function handed(
      stream: StreamName,
      count: number,
      from: EventStore = store,
    ): Promise<readonly number[]> {
      const controller = new AbortController();
      const given = from.handOut?.(stream, controller.signal);
      assert.ok(given !== undefined);
      const seen: number[] = [];
      for await (const { record, done } of given) {
        seen.push(record.revision);
        await done();
        if (seen.length === count) controller.abort();
      }
      return seen;
    }

    it('goes on when the server breaks off, and nothing is lost', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(5));
      server.faults.arm('read-group', { kind: 'cut-before' });
      const seen = await handed(stream, 2);
      server.faults.arm('read-group', { kind: 'cut-after-events', events: 1 });
      const more = await handed(stream, 3);
      assert.deepEqual([...new Set([...seen, ...more])].toSorted(), [0, 1, 2, 3, 4]);
    });

    it('gives twice what the server sends twice', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(2));
      assert.deepEqual(await handed(stream, 1), [0]);
      server.faults.arm('read-group', { kind: 'duplicates' });
      assert.deepEqual(await handed(stream, 2), [1, 1]);
    });

    it('does not wait for ever for a server that says nothing', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(1));
      assert.deepEqual(await handed(stream, 1), [0]);
      server.faults.arm('read-group', { kind: 'hang' }, 4);
      await isUnavailable(handed(stream, 1));
      assert.equal(server.faults.calls('read-group'), 6);
    });

    it('gives up a server that lets it join, and breaks off again and again', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(2));
      assert.deepEqual(await handed(stream, 1), [0]);
      server.faults.arm('read-group', { kind: 'cut-after-events', events: 0 }, 20);
      await isUnavailable(handed(stream, 1));
      assert.equal(server.faults.calls('read-group'), 6);
    });

    it('bears any number of breaks, when it was handed something or had joined for a while before each', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(8));
      server.faults.arm('read-group', { kind: 'cut-after-events', events: 1 }, 7);
      assert.deepEqual([...new Set(await handed(stream, 8))].toSorted(), [0, 1, 2, 3, 4, 5, 6, 7]);

      let now = systemClock.now();
      const clock: Clock = {
        ...systemClock,
        now: () => (now = (now + 500) as TimestampMs),
      };
      const other = newStream();
      await store.append(other, 'no-stream', newEvents(1));
      const patient = await openLedgerOn(server.url, { limits, clock });
      server.faults.arm('read-group', { kind: 'cut-after-events', events: 0 }, 7);
      assert.deepEqual(await handed(other, 1, patient), [0]);
      await patient.close();
    });

    it('says at once when the user may make no group', async () => {
      const stream = newStream();
      server.faults.arm('create-group', { kind: 'access-denied' });
      await rejects(handed(stream, 1), 'LEDGER_ACCESS_DENIED');
      assert.equal(server.faults.calls('create-group'), 1);
    });
  });

  describe('an append whose outcome is unknown', () => {
    for (const [what, fault] of [
      ['was written, and the answer was lost', { kind: 'reply-lost' }],
      ['was written, and the connection broke', { kind: 'cut-after' }],
      ['was not written, and the connection broke', { kind: 'cut-before' }],
      ['was written after it was given up', { kind: 'slow', delayMs: 800 }],
      ['met a server that has too much to do', { kind: 'unavailable' }],
    ] as const) {
      it(`stands once when it is made again: it ${what}`, async () => {
        const stream = newStream();
        await store.append(stream, 'no-stream', newEvents(1));
        const events = newEvents(2);
        server.faults.arm('append', fault);
        await isUnavailable(store.append(stream, at(0), events));
        assert.deepEqual(await store.append(stream, at(0), events), { revision: 2 });
        if (fault.kind === 'slow') await systemClock.sleep(fault.delayMs);
        assert.deepEqual(revisions(await all(store.readStream(stream))), [0, 1, 2]);
      });
    }

    it('is asked for once: repeating it is for the caller, who knows how often', async () => {
      server.faults.arm('append', { kind: 'unavailable' }, 5);
      await isUnavailable(store.append(newStream(), 'no-stream', newEvents(1)));
      assert.equal(server.faults.calls('append'), 1);
    });
  });

  it('goes to the leader after a node has said that it is not it', async () => {
    await using leader = await FakeKurrentDb.start();
    const fault = { kind: 'not-leader', leaderPort: leader.port } as const;
    const [stream, events] = [newStream(), newEvents(1)];
    server.faults.arm('append', fault);
    await assert.rejects(store.append(stream, 'no-stream', events), {
      code: 'LEDGER_UNAVAILABLE',
      retry: 'retryable',
      message: /is not the leader/,
      remedy: /^See that the server runs and can be reached; what goes on by itself needs nothing/,
    });
    assert.deepEqual(await store.append(stream, 'no-stream', events), { revision: 0 });
    assert.equal(leader.faults.calls('append'), 1);
    assert.deepEqual(revisions(await all(store.readStream(stream))), [0]);
  });

  it('says which limit of the server an append is beyond', async () => {
    await using small = await FakeKurrentDb.start({ appendMaxBytes: 1_000 });
    const ledger = await openLedgerOn(small.url);
    const [event] = newEvents(1);
    assert.ok(event !== undefined);
    await assert.rejects(
      ledger.append(newStream(), 'no-stream', [{ ...event, data: new Uint8Array(2_000) }]),
      { code: 'LIMIT_EXCEEDED', retry: 'permanent', message: /at most 1000 bytes/ },
    );
    await ledger.close();
  });

  describe('a stream that somebody has tampered with', () => {
    it('is corrupt when its beginning was cut off, in both directions', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(4));
      server.log.truncate(`test.${stream}`, 2);
      await rejects(all(store.readStream(stream)), 'LEDGER_CORRUPT');
      await rejects(all(store.readStream(stream, { direction: 'backwards' })), 'LEDGER_CORRUPT');
    });

    it('is corrupt when it was deleted for good', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(1));
      server.log.tombstone(`test.${stream}`);
      await rejects(all(store.readStream(stream)), 'LEDGER_CORRUPT');
      await rejects(store.append(stream, at(0), newEvents(1)), 'LEDGER_CORRUPT');
    });

    it('is corrupt when it was deleted and begins anew', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(3));
      server.log.softDelete(`test.${stream}`);
      await assert.rejects(store.append(stream, 'no-stream', newEvents(1)), {
        code: 'LEDGER_CORRUPT',
        message: /goes on at revision 3 instead of 0/,
      });
    });

    it('is corrupt when it holds an event of another program', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(1));
      server.log.append(`test.${stream}`, 0, [
        {
          id: '00000000-0000-4000-c000-000000000000',
          type: 'SessionStarted',
          contentType: 'application/octet-stream',
          data: new Uint8Array(),
          metadata: new TextEncoder().encode('{"actor":"somebody"}'),
        },
      ]);
      await rejects(all(store.readStream(stream)), 'LEDGER_CORRUPT');
      await rejects(all(store.readAll({ streamPrefix: stream })), 'LEDGER_CORRUPT');
    });
  });

  describe('reading all', () => {
    for (const [what, fault] of [
      ['breaks off', { kind: 'cut-after-events', events: 7 }],
      ['falls silent', { kind: 'hang-after-events', events: 7 }],
      ['gives everything twice', { kind: 'duplicates' }],
      ['is not ready at first', { kind: 'busy' }],
      ['knows no position of a checkpoint', { kind: 'unknown-checkpoint' }],
    ] as const) {
      it(`gives each event once and in order when the server ${what}`, async () => {
        const stream = newStream();
        await fill(store, stream, 30);
        server.faults.arm('subscribe', fault, 2);
        const given = revisions(await all(store.readAll({ streamPrefix: stream })));
        assert.deepEqual(
          given,
          Array.from({ length: 30 }, (_, index) => index),
        );
      });
    }

    it('ends where the log ended when it began, however much is appended meanwhile', async () => {
      const stream = newStream();
      await fill(store, stream, 3);
      let given = 0;
      for await (const event of store.readAll({ streamPrefix: stream })) {
        assert.equal(event.stream, stream);
        given += 1;
        await store.append(stream, at(1 + given), newEvents(1));
      }
      assert.equal(given, 3);
    });

    it('never sees what other programs, other ledgers and the server itself write', async () => {
      const other = await openLedgerOn(server.url, { namespace: 'test2' });
      const own = newStream();
      await fill(store, own, 5);
      await fill(other, newStream(), 5);
      const given = await all(store.readAll());
      assert.deepEqual([...new Set(given.map((event) => event.stream))], [own]);
      assert.ok(server.log.events.length > 10, 'more than that is there');
      await other.close();
    });
  });

  describe('a subscription', () => {
    for (const [what, fault] of [
      ['breaks off again and again', { kind: 'cut-after-events', events: 4 }],
      ['falls silent again and again', { kind: 'hang-after-events', events: 4 }],
      ['gives everything twice', { kind: 'duplicates' }],
    ] as const) {
      it(`gives each event once and in order when the server ${what}`, async () => {
        const stream = newStream();
        await fill(store, stream, 20);
        server.faults.arm('subscribe', fault, 4);
        const subscription = collect(store, { streamPrefix: stream });
        await subscription.until(10);
        // By another client: this one may be about to connect again.
        const other = await openLedgerOn(server.url);
        await other.append(stream, at(19), newEvents(3));
        await other.close();
        await subscription.until(23);
        assert.deepEqual(
          revisions(await subscription.stop()),
          Array.from({ length: 23 }, (_, index) => index),
        );
      });
    }

    it('goes on after the connection was lost, and lost again', async () => {
      await using line = await openLineTo(server.port);
      const behind = await openLedgerOn(line.url, { limits });
      const stream = newStream();
      await fill(store, stream, 2);
      const subscription = collect(behind, { streamPrefix: stream });
      await subscription.until(2);
      line.cut('down');
      await store.append(stream, at(1), newEvents(1));
      line.repair();
      await subscription.until(3);
      line.cut('up');
      await store.append(stream, at(2), newEvents(1));
      await subscription.until(4);
      assert.deepEqual(revisions(await subscription.stop()), [0, 1, 2, 3]);
      await behind.close();
    });

    it('gives up after so many failures without progress, with growing pauses', async () => {
      const pausesMs: number[] = [];
      const clock: Clock = {
        now: () => systemClock.now(),
        sleep: (durationMs, signal) => {
          if (durationMs <= 40) pausesMs.push(durationMs);
          return systemClock.sleep(durationMs, signal);
        },
      };
      const watched = await openLedgerOn(server.url, { limits, clock });
      server.faults.arm('subscribe', { kind: 'unavailable' }, 100);
      const subscription = collect(watched, {});
      await isUnavailable(subscription.ended);
      assert.equal(server.faults.calls('subscribe'), 4);
      assert.deepEqual(pausesMs, [10, 20, 40]);
      await watched.close();
    });

    it('ends at once when trying again cannot help', async () => {
      server.faults.arm('subscribe', { kind: 'access-denied' }, 100);
      await rejects(collect(store, {}).ended, 'LEDGER_ACCESS_DENIED');
      assert.equal(server.faults.calls('subscribe'), 1);
    });

    it('can be ended while it waits to subscribe again', async () => {
      const patient = { ...limits, resubscribeFirstDelayMs: 30_000, resubscribeDelayMaxMs: 30_000 };
      const watched = await openLedgerOn(server.url, { limits: patient });
      server.faults.arm('subscribe', { kind: 'unavailable' }, 100);
      const subscription = collect(watched, {});
      while (server.faults.calls('subscribe') === 0) await systemClock.sleep(5);
      assert.deepEqual(await subscription.stop(), []);
      await watched.close();
    });
  });

  it('refuses a position beyond the end of the log, which is of another ledger', async () => {
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(1));
    const [last] = await all(store.readStream(stream));
    assert.ok(last !== undefined);
    await using other = await FakeKurrentDb.start();
    const fresh = await openLedgerOn(other.url);
    await rejects(all(fresh.readAll({ after: last.position })), 'INVALID_ARGUMENT');
    const { signal } = new AbortController();
    await rejects(all(fresh.subscribe({ after: last.position, signal })), 'INVALID_ARGUMENT');
    await fresh.close();
  });
});

async function isUnavailable(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, { code: 'LEDGER_UNAVAILABLE', retry: 'retryable' });
}
