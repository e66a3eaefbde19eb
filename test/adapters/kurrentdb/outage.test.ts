import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Outage } from '../../../src/adapters/kurrentdb/outage.ts';
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
      outage.check();
      asked.push(clock.now() - began);
      outage.failed(new Error('no connection'));
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
    assert.throws(() => {
      outage.check();
    }, /has not answered for 30 s \(no connection\), and is asked again in \d+ s/);
    outage.answered();
    assert.equal((await ask(outage, clock, outageAfterMs)).length, outageAfterMs / 100);
  });

  it('is not gone for one failure that lies long back', async () => {
    const clock = createVirtualClock();
    const outage = outageBy(clock);
    outage.failed(new Error('no connection'));
    await clock.advance(outageAfterMs * 10);
    outage.check();
    outage.check();
  });

  it('keeps nobody away when the clock is put back', async () => {
    const clock = createVirtualClock();
    let backMs = 0;
    const now = (): ReturnType<VirtualClock['now']> =>
      (clock.now() - backMs) as ReturnType<VirtualClock['now']>;
    const outage = outageBy({ ...clock, now });
    await ask(outage, { ...clock, now }, outageAfterMs + 5_000);
    backMs = 3_600_000;
    outage.check();
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
