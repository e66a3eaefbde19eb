import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqliteEventStore } from '../../../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { EventStore, GlobalPosition, StreamName } from '../../../../src/ports/event-store.ts';
import { eventStoreConformance } from '../../../conformance/event-store.ts';
import { collect } from '../../../conformance/event-store/collected-subscription.ts';
import {
  all,
  at,
  fill,
  newEvents,
  rejects,
  revisions,
} from '../../../conformance/event-store/sample-events.ts';
import { openLedger, openShell, temporaryLedgerPath } from './temporary-ledger.ts';

eventStoreConformance(
  'in a SQLite file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'snapledger-ledger-'));
    const path = join(folder, 'ledger.db');
    const open = (): Promise<EventStore> =>
      openSqliteEventStore({ path, clock: systemClock, ifMissing: 'create', pollIntervalMs: 10 });
    return {
      store: await open(),
      openAnother: open,
      dispose: () => rm(folder, { recursive: true }),
    };
  },
  { eventIds: 'unique', handsOut: 'nothing' },
);

const stream = 'session-1' as StreamName;

describe('a ledger that is read slowly', () => {
  it('holds no transaction open that would keep its log from being emptied', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path);
    await fill(store, stream, 1_000);
    const shell = openShell(t, path);
    for (const read of [store.readStream(stream), store.readAll()]) {
      const reader = read[Symbol.asyncIterator]();
      await reader.next();
      assert.equal(shell.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'], 0);
      assert.equal((await all({ [Symbol.asyncIterator]: () => reader })).length, 999);
    }
  });

  it('gives what was there at the beginning, however much is appended meanwhile', async (t) => {
    const store = await openLedger(t, await temporaryLedgerPath(t));
    await fill(store, stream, 3);
    for (const read of [() => store.readStream(stream), () => store.readAll()]) {
      const before = (await all(store.readStream(stream))).length;
      let given = 0;
      for await (const event of read()) {
        await store.append(stream, at(before + given - 1), newEvents(1));
        given += 1;
        assert.equal(event.stream, stream);
      }
      assert.equal(given, before);
    }
  });
});

describe('streams that are rare among many events', () => {
  it('are read as they would be by a scan, from any position and with any limit', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path);
    for (let round = 0; round < 12; round += 1) {
      await fill(store, `session-${round}` as StreamName, 60);
      for (const name of ['policy-a', 'policy-b', 'policy-\u{10ffff}', 'policz']) {
        await fill(store, `${name}${round}` as StreamName, 1 + (round % 2));
      }
    }
    const everything = await all(store.readAll());
    assert.ok(everything.length > 700);
    for (const streamPrefix of ['policy-', 'policy-b', 'poli', 'nothing-']) {
      const wanted = everything.filter((event) => event.stream.startsWith(streamPrefix));
      assert.deepEqual(await all(store.readAll({ streamPrefix })), wanted);
      assert.deepEqual(await all(store.readAll({ streamPrefix, limit: 3 })), wanted.slice(0, 3));
      const [, middle] = wanted;
      if (middle === undefined) continue;
      const after = middle.position;
      assert.deepEqual(await all(store.readAll({ streamPrefix, after })), wanted.slice(2));
    }
    const shell = openShell(t, path);
    const plan = shell
      .prepare(
        "EXPLAIN QUERY PLAN SELECT position FROM events WHERE stream >= 'a' AND stream < 'b' AND position > 1 LIMIT 9",
      )
      .all();
    assert.match(String(plan[0]?.['detail']), /^SEARCH events USING COVERING INDEX/);
  });
});

describe('a ledger that another process has locked', () => {
  it('is unavailable after the timeout, can be read all the time, and recovers', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path, { busyTimeoutMs: 300 });
    await store.append(stream, 'no-stream', newEvents(1));
    const shell = openShell(t, path);
    shell.exec('BEGIN IMMEDIATE');
    const events = newEvents(1);
    await assert.rejects(
      store.append(stream, at(0), events),
      (error) => hasErrorCode(error, 'LEDGER_UNAVAILABLE') && error.retry === 'retryable',
    );
    assert.deepEqual(revisions(await all(store.readStream(stream))), [0]);
    shell.exec('ROLLBACK');
    assert.deepEqual(await store.append(stream, at(0), events), { revision: 1 });
  });

  it('is waited for, while the rest of the program runs', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path);
    const shell = openShell(t, path);
    shell.exec('BEGIN IMMEDIATE');
    const append = store.append(stream, 'no-stream', newEvents(1));
    await delay(20);
    shell.exec('COMMIT');
    assert.deepEqual(await append, { revision: 0 });
  });
});

describe('a subscription to a ledger', () => {
  it('leaves no timer behind, whether it ends while it waits or while it gives', async (t) => {
    const store = await openLedger(t, await temporaryLedgerPath(t), { pollIntervalMs: 60_000 });
    await fill(store, stream, 3);
    const timersBefore = timerCount();
    for (const eventsBeforeAbort of [1, 3]) {
      const controller = new AbortController();
      let given = 0;
      for await (const event of store.subscribe({ signal: controller.signal })) {
        assert.equal(event.revision, given);
        given += 1;
        if (given === eventsBeforeAbort) {
          setTimeout(() => {
            controller.abort();
          }, 10);
        }
      }
      assert.equal(given, 3);
    }
    assert.equal(timerCount(), timersBefore);
  });

  it('hears of every append of its own process at once, not at the next poll', async (t) => {
    const store = await openLedger(t, await temporaryLedgerPath(t), { pollIntervalMs: 60_000 });
    const subscription = collect(store, {});
    await delay(20);
    await store.append(stream, 'no-stream', newEvents(1));
    await subscription.until(1);
    for (let count = 1; count <= 50; count += 1) {
      // Two at once, one of which comes while the subscription looks for the other.
      const other = `session-1-${count}` as StreamName;
      await Promise.all([
        store.append(stream, at(count - 1), newEvents(1)),
        store.append(other, 'no-stream', newEvents(1)),
      ]);
      await subscription.until(1 + 2 * count);
    }
    await subscription.stop();
  });

  it('refuses a position beyond the end: an older copy of the ledger was put in place', async (t) => {
    const store = await openLedger(t, await temporaryLedgerPath(t));
    await fill(store, stream, 2);
    const after = '3' as GlobalPosition;
    const { signal } = new AbortController();
    await rejects(all(store.readAll({ after })), 'INVALID_ARGUMENT');
    await rejects(all(store.subscribe({ after, signal })), 'INVALID_ARGUMENT');
  });
});

describe('a ledger that is opened again', () => {
  it('gives the same events at the same positions, and goes on', async (t) => {
    const path = await temporaryLedgerPath(t);
    const first = await openLedger(t, path);
    await fill(first, stream, 5);
    const before = await all(first.readAll());
    await first.close();
    const second = await openLedger(t, path, { ifMissing: 'fail' });
    assert.deepEqual(await all(second.readAll()), before);
    assert.deepEqual(await second.append(stream, at(4), newEvents(1)), { revision: 5 });
  });
});

function timerCount(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}
