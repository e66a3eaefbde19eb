import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import type { EventStore, RecordedEvent, StreamName } from '../../../../src/ports/event-store.ts';
import { collect } from '../../../conformance/event-store/collected-subscription.ts';
import { all, revisions } from '../../../conformance/event-store/sample-events.ts';
import { startAppender } from './appender.ts';
import { openLedger, openShell, temporaryLedgerPath } from './temporary-ledger.ts';

const stream = 'session-1' as StreamName;

describe('several processes at one ledger', () => {
  it('make it together, and each revision has one winner, whom a subscriber sees once', async (t) => {
    const path = await temporaryLedgerPath(t);
    const batches = 60;
    // All begin at once, with no file there.
    const appenders = Array.from({ length: 4 }, () => startAppender(path, stream, batches));
    const store = await openLedger(t, path, { pollIntervalMs: 20 });
    const subscription = collect(store, {});
    await Promise.all(appenders.map((appender) => appender.ended));

    const recorded = await recordedWhole(store);
    const acknowledged = appenders.flatMap((appender) => appender.acknowledged());
    assert.equal(acknowledged.length, 4 * batches);
    assert.deepEqual(
      acknowledged.toSorted((a, b) => a - b),
      lastOfBatches(recorded),
    );
    await subscription.until(recorded.length);
    assert.deepEqual(await subscription.stop(), recorded);
  });

  it('lose no acknowledged event and tear no append when they are killed', async (t) => {
    const path = await temporaryLedgerPath(t);
    const acknowledged: number[] = [];
    const killMoments = fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 120 }));
    await fc.assert(
      fc.asyncProperty(killMoments, async (momentsMs) => {
        await Promise.all(
          momentsMs.map(async (momentMs) => {
            const appender = startAppender(path, stream, Infinity);
            await appender.begun;
            await delay(momentMs);
            appender.kill();
            await appender.ended;
            acknowledged.push(...appender.acknowledged());
          }),
        );
        const store = await openLedger(t, path, { ifMissing: 'fail' });
        const ends = new Set(lastOfBatches(await recordedWhole(store)));
        assert.deepEqual(
          acknowledged.filter((revision) => !ends.has(revision)),
          [],
        );
        await store.close();
        const shell = openShell(t, path);
        assert.equal(shell.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
        shell.close();
      }),
      { numRuns: 6, endOnFailure: true },
    );
    assert.ok(acknowledged.length > 0);
    assert.equal(new Set(acknowledged).size, acknowledged.length);
  });
});

/** The stream, once it is shown to be dense and made of whole batches. */
async function recordedWhole(store: EventStore): Promise<readonly RecordedEvent[]> {
  const recorded = await all(store.readStream(stream));
  assert.deepEqual(
    revisions(recorded),
    Array.from(recorded, (_, index) => index),
  );
  let due = 0;
  for (const { data, revision } of recorded) {
    assert.equal(data[0], due, `revision ${revision} is in its place in its batch`);
    due = (due + 1) % (data[1] ?? 1);
  }
  assert.equal(due, 0, 'the last batch is whole');
  return recorded;
}

function lastOfBatches(recorded: readonly RecordedEvent[]): readonly number[] {
  return revisions(recorded.filter(({ data }) => (data[0] ?? 0) + 1 === data[1]));
}
