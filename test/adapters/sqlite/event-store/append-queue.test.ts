import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasErrorCode, SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { Append } from '../../../../src/adapters/sqlite/event-store/append-events.ts';
import { AppendQueue } from '../../../../src/adapters/sqlite/event-store/append-queue.ts';
import { appendsPerCommitMax } from '../../../../src/adapters/sqlite/event-store/ledger-limits.ts';
import type { Revision, StreamName } from '../../../../src/ports/event-store.ts';
import { all, at, newEvents } from '../../../conformance/event-store/sample-events.ts';
import { openLedger, openShell, temporaryLedgerPath } from './temporary-ledger.ts';

function appendTo(name: string): Append {
  return { stream: name as StreamName, expectedRevision: 'no-stream', events: newEvents(1) };
}

describe('appends of one moment', () => {
  it('become durable together, up to a limit, in the order in which they were asked for', async () => {
    const batches: string[][] = [];
    const queue = new AppendQueue((appends) => {
      batches.push(appends.map(({ stream }) => stream));
      const result = { revision: 0 as Revision };
      return Promise.resolve(appends.map(() => ({ kind: 'appended', result })));
    });
    const names = Array.from({ length: appendsPerCommitMax + 6 }, (_, index) => `s-${index}`);
    await Promise.all(names.map((name) => queue.append(appendTo(name))));
    assert.deepEqual(batches.flat(), names);
    assert.deepEqual(
      batches.map(({ length }) => length),
      [appendsPerCommitMax, 6],
    );
  });

  it('let the rest of the program run in between', async () => {
    const queue = new AppendQueue((appends) =>
      Promise.resolve(
        appends.map(() => ({ kind: 'appended', result: { revision: 0 as Revision } })),
      ),
    );
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    for (let round = 0; round < 200; round += 1) await queue.append(appendTo('s'));
    clearInterval(counting);
    assert.ok(turns > 0);
  });

  it('of which one is refused are done all the same, and so are those beside one that fails', async () => {
    const failing = new SnapledgerError('STORE_FULL', 'no room for the large one');
    const queue = new AppendQueue((appends) => {
      if (appends.some(({ stream }) => stream === 'large')) return Promise.reject(failing);
      const result = { revision: 7 as Revision };
      return Promise.resolve(appends.map(() => ({ kind: 'appended', result })));
    });
    const [one, large, other] = await Promise.allSettled(
      ['one', 'large', 'other'].map((name) => queue.append(appendTo(name))),
    );
    assert.equal(one?.status, 'fulfilled');
    assert.equal(other?.status, 'fulfilled');
    assert.ok(large?.status === 'rejected' && large.reason === failing);
    await queue.idle();
  });

  it('each see what those before have done, in one file', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path);
    const stream = 'session-1' as StreamName;
    const repeated = newEvents(2);
    const outcomes = await Promise.allSettled([
      store.append(stream, 'no-stream', newEvents(1)),
      store.append(stream, 'no-stream', newEvents(1)),
      store.append(stream, at(0), repeated),
      store.append(stream, at(0), repeated),
      store.append(stream, at(2), newEvents(1)),
      store.append('session-2' as StreamName, 'no-stream', repeated),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.revision : codeOf(outcome.reason),
      ),
      [0, 'REVISION_CONFLICT', 2, 2, 3, 'INVALID_ARGUMENT'],
    );
    assert.equal((await all(store.readAll())).length, 4);
    await store.close();
    const shell = openShell(t, path);
    assert.equal(shell.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  });

  it('are finished before the ledger is closed', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path);
    const appending = store.append('session-1' as StreamName, 'no-stream', newEvents(1));
    await store.close();
    assert.deepEqual(await appending, { revision: 0 });
  });
});

function codeOf(error: unknown): string {
  return hasErrorCode(error, 'REVISION_CONFLICT', 'INVALID_ARGUMENT') ? error.code : String(error);
}
