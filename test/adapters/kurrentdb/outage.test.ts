import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CallKind, Outage } from '../../../src/adapters/kurrentdb/outage.ts';
import { kurrentDbLimits } from '../../../src/adapters/kurrentdb/kurrentdb-limits.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { FakeKurrentDb } from '../../support/kurrentdb/fake-kurrentdb.ts';
import { openLedgerOn } from '../../support/kurrentdb/open-ledger-on.ts';
import { openLineTo } from '../../support/kurrentdb/breakable-line.ts';
import { createVirtualClock, type VirtualClock } from '../../support/clock/virtual-clock.ts';
import { constantRandom } from '../../support/random/constant-random.ts';
import { newEvents, newStream } from '../../conformance/event-store/sample-events.ts';

const { outageAfterMs, outageFirstPauseMs, outagePauseMaxMs } = kurrentDbLimits;

function outageBy(clock: VirtualClock, randomByte = 255): Outage {
  const random = constantRandom(randomByte);
  return new Outage({ clock, random, limits: kurrentDbLimits, server: 'here' });
}

function fail(outage: Outage): void {
  const question = outage.ask('append');
  question.failed(new Error('no connection'));
  question.end();
}

function isRefused(outage: Outage, kind: CallKind): boolean {
  try {
    outage.ask(kind).end();
    return false;
  } catch (error) {
    assert.ok(hasErrorCode(error, 'LEDGER_UNAVAILABLE'));
    return true;
  }
}

/** Asks every 100 ms, as many callers together would, and gives the moments at which that was let through. */
async function ask(
  outage: Outage,
  clock: VirtualClock,
  durationMs: number,
): Promise<readonly number[]> {
  const began = clock.now();
  const asked: number[] = [];
  while (clock.now() - began < durationMs) {
    try {
      fail(outage);
      asked.push(clock.now() - began);
    } catch (error) {
      assert.ok(hasErrorCode(error, 'LEDGER_UNAVAILABLE') && error.retry === 'retryable');
    }
    await clock.advance(100);
  }
  return asked;
}

describe('a server that does not answer', () => {
  it('is asked by everybody for as long as a disturbance may last', async () => {
    const clock = createVirtualClock();
    const asked = await ask(outageBy(clock), clock, outageAfterMs);
    assert.equal(asked.length, outageAfterMs / 100);
  });

  it('is asked after pauses that grow to a limit then, for ever', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    await ask(outage, clock, outageAfterMs + 100);
    const hourMs = 3_600_000;
    const asked = await ask(outage, clock, hourMs);
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    assert.ok(
      pauses.length >= hourMs / outagePauseMaxMs && pauses.length <= 250,
      `${asked.length}`,
    );
    for (const [index, pause] of pauses.entries()) {
      assert.ok(pause <= outagePauseMaxMs, `${pause} ms`);
      assert.ok(pause >= Math.min(outageFirstPauseMs * 2 ** index, outagePauseMaxMs) * 0.99);
    }
  });

  it('is asked after pauses as short as half of that, as chance has it', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock, 0);
    await ask(outage, clock, outageAfterMs + 100);
    const asked = await ask(outage, clock, 600_000);
    const last = asked.slice(-2);
    assert.equal((last[1] ?? 0) - (last[0] ?? 0), outagePauseMaxMs / 2);
  });

  it('is asked by everybody again as soon as it has answered', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    await ask(outage, clock, outageAfterMs * 3);
    const asked = outage.ask.bind(outage, 'append');
    assert.throws(
      asked,
      /has not answered for 30 s \(no connection\), and is asked again in \d+ s/,
    );
    await clock.advance(outageAfterMs / 2);
    assert.throws(asked, /is asked again in \d+ s/);
    await clock.advance(outageAfterMs / 2 + 1_000);
    const question = outage.ask('append');
    assert.throws(asked, /and is being asked by another call/);
    question.answered();
    question.end();
    assert.equal((await ask(outage, clock, outageAfterMs)).length, outageAfterMs / 100);
  });

  it('is not gone for one failure that lies long back', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    fail(outage);
    await clock.advance(outageAfterMs * 10);
    fail(outage);
    assert.equal(isRefused(outage, 'append'), false);
    assert.equal(isRefused(outage, 'append'), false);
  });

  it('is not gone for a subscription that breaks long after another failure', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    const subscription = outage.ask('subscribe');
    subscription.answered();
    fail(outage);
    await clock.advance(outageAfterMs * 10);
    subscription.failed(new Error('no connection'));
    assert.equal(isRefused(outage, 'append'), false);
    assert.equal(isRefused(outage, 'append'), false);
  });

  it('is asked by nobody else while one call waits for it, however long that takes', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    await ask(outage, clock, outageAfterMs + 100);
    await clock.advance(outageFirstPauseMs);
    const hanging = outage.ask('append');
    assert.deepEqual(await ask(outage, clock, outagePauseMaxMs * 2), []);
    hanging.end();
    assert.equal(isRefused(outage, 'append'), false);
  });

  it('is asked by each kind of call in turn, however often one of them comes', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    await ask(outage, clock, outageAfterMs * 3);
    const turns: CallKind[] = [];
    const turn = (kind: CallKind): void => {
      if (isRefused(outage, kind)) return;
      turns.push(kind);
    };
    for (let seconds = 0; seconds < 120; seconds += 1) {
      turn('read-all');
      if (seconds % 12 === 11) turn('read-stream');
      if (seconds % 14 === 13) turn('subscribe');
      await clock.advance(1_000);
    }
    assert.ok(turns.includes('read-stream') && turns.includes('subscribe'), turns.join(' '));
    assert.ok(turns.filter((kind) => kind === 'read-all').length > 1, turns.join(' '));
  });

  it('is asked by a kind that had its turn, when those who were refused do not come again', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    await ask(outage, clock, outageAfterMs * 3);
    assert.ok(isRefused(outage, 'subscribe'));
    const asked = await ask(outage, clock, outagePauseMaxMs * 3);
    assert.ok(asked.length > 0 && (asked[0] ?? 0) <= outagePauseMaxMs * 2, asked.join(' '));
  });

  it('keeps nobody away when the clock is put back', async () => {
    const clock = createVirtualClock();
    let backMs = 0;
    const now = (): ReturnType<VirtualClock['now']> =>
      (clock.now() - backMs) as ReturnType<VirtualClock['now']>;
    const outage = outageBy({ ...clock, now });
    await ask(outage, { ...clock, now }, outageAfterMs + 5_000);
    backMs = 3_600_000;
    assert.equal(isRefused(outage, 'append'), false);
  });

  it('is asked after the same pauses when the clock is put back', async () => {
    const clock = createVirtualClock();
    let backMs = 0;
    const now = (): ReturnType<VirtualClock['now']> =>
      (clock.now() - backMs) as ReturnType<VirtualClock['now']>;
    const outage = outageBy({ ...clock, now });
    await ask(outage, { ...clock, now }, outageAfterMs * 3);
    backMs = 3_600_000;
    const asked = await ask(outage, { ...clock, now }, 60_000);
    assert.ok(asked.length >= 4 && asked.length <= 6, asked.join(' '));
  });
});

describe('a ledger whose server is gone', { timeout: 60_000 }, () => {
  /** A hundredth of the usual ones. */
  const limits = {
    callTimeoutMs: 1_000,
    outageAfterMs: 100,
    outageFirstPauseMs: 10,
    outagePauseMaxMs: 150,
    resubscribeFirstDelayMs: 3,
    resubscribeDelayMaxMs: 150,
  };

  it('is there for all other calls while it answers one kind of call with an error', async () => {
    await using server = await FakeKurrentDb.start();
    const store = await openLedgerOn(server.url, { limits });
    server.faults.arm('read-all', { kind: 'internal' }, 1_000);
    const began = Date.now();
    while (Date.now() - began < limits.outageAfterMs * 3) {
      await assert.rejects(Array.fromAsync(store.readAll()), {
        message: /thrown by handler/,
      });
    }
    await store.append(newStream(), 'no-stream', newEvents(1));
    await assert.rejects(Array.fromAsync(store.readAll()), {
      message: /thrown by handler/,
    });
    await store.close();
  });

  it('connects rarely, however many ask it how, and is back as soon as the server is', async () => {
    await using server = await FakeKurrentDb.start();
    await using line = await openLineTo(server.port);
    const store = await openLedgerOn(line.url, { limits });
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(2));
    line.cut('down');
    const before = line.connections();

    const ending = new AbortController();
    let calls = 0;
    const keepAsking = async (ask: () => Promise<unknown>): Promise<void> => {
      while (!ending.signal.aborted) {
        calls += 1;
        await ask().catch(() => undefined);
        await systemClock.sleep(5);
      }
    };
    const { signal } = ending;
    const callers = [
      () => store.append(newStream(), 'no-stream', newEvents(1)),
      () => Array.fromAsync(store.readStream(stream)),
      () => Array.fromAsync(store.readAll()),
      () => Array.fromAsync(store.subscribe({ signal })),
      () => Array.fromAsync(store.handOut?.(stream, signal) ?? []),
    ].map(keepAsking);
    try {
      // What would be five minutes.
      await systemClock.sleep(3_000);
      const connections = line.connections() - before;
      assert.ok(calls > 500, `${calls} calls`);
      const ofTheDisturbance = 100;
      const ofTheOutage = 3_000 / (limits.outagePauseMaxMs / 2) + 5;
      assert.ok(connections <= ofTheDisturbance + ofTheOutage, `${connections} connections`);

      line.repair();
      const repairedAt = Date.now();
      while ((await Array.fromAsync(store.readStream(stream)).catch(() => [])).length === 0) {
        await systemClock.sleep(5);
      }
      assert.ok(Date.now() - repairedAt < 5_000);
    } finally {
      ending.abort();
      await Promise.all(callers);
      await store.close();
    }
  });
});
