import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  binaryEvent,
  EventStoreDBClient,
  NO_STREAM,
  persistentSubscriptionToStreamSettingsFromDefaults,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import type { EventData } from '@eventstore/db-client';
import type { EventStore } from '../../../src/ports/event-store.ts';
import {
  all,
  at,
  newEvents,
  newStream,
  rejects,
} from '../../conformance/event-store/sample-events.ts';
import { eventually } from '../../support/engine/eventually.ts';
import { startBlackHole } from '../../support/kurrentdb/black-hole.ts';
import { FakeKurrentDb } from '../../support/kurrentdb/fake-kurrentdb.ts';
import { openLedgerOn } from '../../support/kurrentdb/open-ledger-on.ts';
import { runKurrentDbProgram } from '../../support/kurrentdb/run-kurrentdb-program.ts';

/*
 * What @eventstore/db-client 6.2.1 does to whoever trusts it, shown with the client as it is, and
 * that the ledger does not pass it on. A trap that a later version no longer has fails here, and
 * its remedy can then go.
 */

const limits = { callTimeoutMs: 400, readSilenceMaxMs: 400, resubscribeFirstDelayMs: 10 };
const event = (): EventData => binaryEvent({ type: 'T', data: Uint8Array.of(1) });

describe('traps of the client', { timeout: 60_000 }, () => {
  let server: FakeKurrentDb;
  let raw: EventStoreDBClient;
  let store: EventStore;

  beforeEach(async () => {
    server = await FakeKurrentDb.start();
    raw = EventStoreDBClient.connectionString(server.url);
    store = await openLedgerOn(server.url, { limits });
  });
  afterEach(async () => {
    await store.close();
    await raw.dispose();
    await server[Symbol.asyncDispose]();
  });

  const rawAppend = (
    client = raw,
    stream: string = newStream(),
    expectedRevision: bigint | typeof NO_STREAM = NO_STREAM,
  ): Promise<unknown> =>
    client.appendToStream(stream, event(), { expectedRevision, deadline: 200 });

  describe('a server that takes an append and never answers', () => {
    it('is waited for for ever, whatever the deadline', async () => {
      server.faults.arm('batch-append', { kind: 'hang' });
      assert.equal(await stateAfter(1_000, rawAppend()), 'pending');
    });

    it('is given up by the ledger, and the same events can be appended again', async () => {
      server.faults.arm('append', { kind: 'hang' });
      const [stream, events] = [newStream(), newEvents(2)];
      await isUnavailable(store.append(stream, 'no-stream', events));
      assert.deepEqual(await store.append(stream, 'no-stream', events), { revision: 1 });
    });
  });

  describe('a read that is never answered', () => {
    it('is waited for for ever, because its deadline is ignored', async () => {
      server.faults.arm('read-all', { kind: 'hang' });
      assert.equal(await stateAfter(1_000, all(raw.readAll({ deadline: 200 }))), 'pending');
    });

    it('is given up by the ledger', async () => {
      server.faults.arm('read-stream', { kind: 'hang' });
      await isUnavailable(all(store.readStream(newStream())));
      assert.deepEqual(await all(store.readStream(newStream())), []);
    });
  });

  describe('an address where connections are taken and nothing is said', () => {
    it('is waited for for ever, by appends and by reads', async () => {
      await using hole = await startBlackHole();
      const client = EventStoreDBClient.connectionString(
        `esdb://127.0.0.1:${hole.port}?tls=false&defaultDeadline=100`,
      );
      const calls = [rawAppend(client), all(client.readAll())];
      for (const state of await Promise.all(calls.map((call) => stateAfter(1_000, call)))) {
        assert.equal(state, 'pending');
      }
    });

    it('is given up by the ledger', async () => {
      await using hole = await startBlackHole();
      await isUnavailable(openLedgerOn(`esdb://127.0.0.1:${hole.port}?tls=false`, { limits }));
    });
  });

  describe('a value that cannot be serialised', () => {
    it('ends the process', async () => {
      const { exitCode, stdout, stderr } = await runKurrentDbProgram('raw-unserialisable.ts');
      assert.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: '' });
      assert.match(stderr, /serialize a BigInt/);
    });

    it('is only an error of the ledger, because it hands over nothing but bytes', async () => {
      const odd = await openLedgerOn(server.url, { summarise: () => ({ count: 1n }) });
      await assert.rejects(odd.append(newStream(), 'no-stream', newEvents(1)), /BigInt/);
      await odd.close();
    });
  });

  describe('the table of pending appends, which all clients of a process share', () => {
    it('is emptied by the failure of one, and the next answer for another ends the process', async () => {
      const { exitCode, stdout, stderr } = await runKurrentDbProgram('raw-shared-table.ts');
      assert.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: 'rejected ' });
      assert.match(stderr, /batchAppend\.js/);
    });

    it('is not used by ledgers, which do not disturb each other', async () => {
      const { exitCode, stdout, stderr } = await runKurrentDbProgram('stores-side-by-side.ts');
      assert.deepEqual(
        { exitCode, stdout, stderr },
        { exitCode: 0, stdout: 'unavailable resolved resolved resolved 3', stderr: '' },
      );
    });

    it('is avoided by never appending in batches, although the server offers them', async () => {
      await store.append(newStream(), 'no-stream', newEvents(1));
      assert.equal(server.faults.calls('batch-append'), 0);
      assert.equal(server.faults.calls('append'), 1);
    });
  });

  describe('a failed question for what the server can do', () => {
    it('is remembered, and fails all later appends', async () => {
      server.faults.arm('features', { kind: 'internal' });
      await assert.rejects(rawAppend());
      await assert.rejects(rawAppend());
    });

    it('does not happen to the ledger, which never asks', async () => {
      server.faults.arm('features', { kind: 'internal' }, 10);
      await store.append(newStream(), 'no-stream', newEvents(1));
      assert.equal(server.faults.calls('features'), 0);
    });
  });

  describe('a server that is down', () => {
    it('gives an error without the type that errors of the client have', async () => {
      await server[Symbol.asyncDispose]();
      await assert.rejects(rawAppend(), (error) => error instanceof Error && !('type' in error));
    });

    it('gives the one error of the ledger', async () => {
      await server[Symbol.asyncDispose]();
      await isUnavailable(store.append(newStream(), 'no-stream', newEvents(1)));
      await isUnavailable(all(store.readStream(newStream())));
      await isUnavailable(all(store.readAll()));
    });
  });

  describe('a stream that is elsewhere', () => {
    it('gives an error that says nothing', async () => {
      const stream = newStream();
      await rawAppend(raw, stream);
      await assert.rejects(
        rawAppend(raw, stream),
        (error) => error instanceof WrongExpectedVersionError && error.message === '',
      );
    });

    it('gives a wrong revision when errors are turned off', async () => {
      const quiet = EventStoreDBClient.connectionString(`${server.url}&throwOnAppendFailure=false`);
      const stream = newStream();
      await quiet.appendToStream(stream, [event(), event(), event()]);
      const result = await quiet.appendToStream(stream, event(), { expectedRevision: NO_STREAM });
      await quiet.dispose();
      assert.deepEqual(result, { success: false, nextExpectedRevision: 1n, position: undefined });
    });

    it('is told by the ledger with both revisions', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(3));
      await assert.rejects(store.append(stream, at(0), newEvents(1)), {
        code: 'REVISION_CONFLICT',
        message: `The stream ${stream} is at revision 2, not at 0 as the append expects.`,
        details: { stream, expectedRevision: 0, actualRevision: 2 },
      });
      await assert.rejects(store.append(newStream(), at(4), newEvents(1)), {
        code: 'REVISION_CONFLICT',
        message: /does not exist, not at 4/,
      });
    });
  });

  it('a revision of -1 is an unknown error of the client, and refused by the ledger', async () => {
    await assert.rejects(rawAppend(raw, newStream(), -1n), UnknownError);
    await rejects(store.append(newStream(), at(-1), newEvents(1)), 'INVALID_ARGUMENT');
  });

  it('an id that is no UUID is let through by the client, and refused by the ledger', async () => {
    const named: EventData = binaryEvent({ id: 'first', type: 'T', data: Uint8Array.of(1) });
    await raw.appendToStream(newStream(), named, { expectedRevision: NO_STREAM });
    assert.ok(server.log.events.some(({ id }) => id === 'first'));
    const [one] = newEvents(1);
    assert.ok(one !== undefined);
    const refused = store.append(newStream(), 'no-stream', [{ ...one, id: 'first' }]);
    await rejects(refused, 'INVALID_ARGUMENT');
  });

  it('a server that is not ready is an unknown error in a batch, and retryable in the ledger', async () => {
    server.faults.arm('batch-append', { kind: 'busy' });
    await assert.rejects(rawAppend(), UnknownError);
    server.faults.arm('append', { kind: 'busy' });
    const events = newEvents(1);
    const stream = newStream();
    await isUnavailable(store.append(stream, 'no-stream', events));
    assert.deepEqual(await store.append(stream, 'no-stream', events), { revision: 0 });
  });

  it('an internal error, as while a leader changes, is retryable in the ledger', async () => {
    for (const operation of ['append', 'read-stream', 'read-all'] as const) {
      server.faults.arm(operation, { kind: 'internal' });
    }
    await isUnavailable(store.append(newStream(), 'no-stream', newEvents(1)));
    await isUnavailable(all(store.readStream(newStream())));
    await isUnavailable(all(store.readAll()));
    assert.deepEqual(await all(store.readAll()), []);
  });

  describe('a persistent subscription to what was appended before it was made', () => {
    it('never gives it, unless it is made with a start', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(2));
      const stored = server.log.events.at(-1)?.stream ?? '';
      const settings = persistentSubscriptionToStreamSettingsFromDefaults();
      await raw.createPersistentSubscriptionToStream(stored, 'group', settings);
      await store.append(stream, at(1), newEvents(1));
      const subscription = raw.subscribeToPersistentSubscriptionToStream(stored, 'group');
      const given: (bigint | undefined)[] = [];
      subscription.on('data', ({ event: one }) => given.push(one?.revision));
      await eventually('something is given', () => given.length > 0);
      await delay(200);
      assert.deepEqual(given, [2n]);
      await subscription.unsubscribe();
    });

    it('gives the ledger all of it, because its group begins at the start', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(2));
      const ending = new AbortController();
      const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(10_000)]);
      const given: number[] = [];
      for await (const { record, done } of store.handOut?.(stream, signal) ?? []) {
        given.push(record.revision);
        await done();
        if (given.length === 2) ending.abort();
      }
      assert.deepEqual(given, [0, 1]);
    });
  });

  describe('the end of the process', () => {
    it('does not come by itself with a client that is not disposed of', async () => {
      const ended = await runKurrentDbProgram('raw-undisposed.ts', [server.url], 5_000);
      assert.deepEqual(ended, { exitCode: null, stdout: 'appended', stderr: '' });
    });

    it('comes with a ledger that was closed', async () => {
      const ended = await runKurrentDbProgram('ledger-user.ts', [server.url]);
      assert.deepEqual(ended, { exitCode: 0, stdout: '0 of 3', stderr: '' });
    });
  });

  describe('a read that is given up half-way', () => {
    it('keeps the client from ever being disposed of, when the server was done with it', async () => {
      const client = EventStoreDBClient.connectionString(server.url);
      await firstOf(client.readAll({ maxCount: 3 }));
      await delay(100);
      assert.equal(await stateAfter(500, client.dispose()), 'pending');
    });

    it('is taken to its end by the ledger, which can then be closed', async () => {
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(60));
      await firstOf(store.readStream(stream, { limit: 3 }));
      await firstOf(store.readStream(stream));
      await firstOf(store.readAll());
      await delay(100);
      assert.equal(await stateAfter(2_000, store.close()), 'resolved');
    });
  });
});

async function stateAfter(
  durationMs: number,
  work: Promise<unknown>,
): Promise<'pending' | 'resolved' | 'rejected'> {
  const state = work.then(
    () => 'resolved' as const,
    () => 'rejected' as const,
  );
  return Promise.race([state, delay(durationMs, 'pending' as const)]);
}

/** Leaves the rest where it is. */
async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

async function isUnavailable(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, { code: 'LEDGER_UNAVAILABLE', retry: 'retryable' });
}
