import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { engineStream } from '../../../src/engine/ledger/stream-names.ts';
import { createLeasePresence } from '../../../src/engine/presence/lease-presence.ts';
import { leaseLimits } from '../../../src/engine/presence/lease-limits.ts';
import type { EnginePresence } from '../../../src/ports/engine-presence.ts';
import type { EventStore } from '../../../src/ports/event-store.ts';
import { enginePresenceConformance } from '../../conformance/engine-presence.ts';
import {
  createVirtualClock,
  settled,
  type VirtualClock,
} from '../../support/clock/virtual-clock.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { constantRandom } from '../../support/random/constant-random.ts';

const retryPolicy = { attemptsMax: 1, firstDelayMs: 10, delayMaxMs: 100 };

function presenceOn(eventStore: EventStore, clock: VirtualClock): EnginePresence {
  const random = constantRandom(255);
  return createLeasePresence({ eventStore, clock, random, actor: 'tester', retryPolicy });
}

enginePresenceConformance('a lease in the ledger', () => {
  const eventStore = createMemoryEventStore();
  const clock = createVirtualClock();
  return Promise.resolve({
    open: () => presenceOn(eventStore, clock),
    dispose: () => eventStore.close(),
  });
});

describe('an engine with a lease', () => {
  const engine = sampleIds.engine('here');
  const { leaseMs, renewEveryMs, skewMaxMs } = leaseLimits;

  it('is present for as long as it renews, by little more than one event for each renewal', async () => {
    const eventStore = createMemoryEventStore();
    const clock = createVirtualClock();
    const presence = presenceOn(eventStore, clock);
    const other = presenceOn(eventStore, clock);
    await presence.announce(engine);
    const renewals = 100;
    for (let renewal = 0; renewal < renewals; renewal += 1) {
      await clock.advance(renewEveryMs);
      assert.equal(await other.isPresent(engine), true);
    }
    await presence.leave(engine);
    assert.equal(await other.isPresent(engine), false);
    const events = await Array.fromAsync(eventStore.readStream(engineStream(engine)));
    assert.equal(events.length, renewals + 2);
    assert.equal(clock.sleeperCount, 0, 'nothing goes on after it left');
  });

  it('that dies is present until its lease ends, and no longer', async () => {
    const eventStore = createMemoryEventStore();
    const its = createVirtualClock();
    await presenceOn(eventStore, its).announce(engine);
    // Its clock stands still from here on, as it does for the dead.
    const clock = createVirtualClock();
    const other = presenceOn(eventStore, clock);
    await clock.advance(leaseMs + skewMaxMs - 1);
    assert.equal(await other.isPresent(engine), true);
    await clock.advance(1);
    assert.equal(await other.isPresent(engine), false);
  });

  it('outlives renewals that fail, and is taken for dead when all of them do', async () => {
    const inner = createMemoryEventStore();
    let isAway = false;
    const eventStore = awayWhile(inner, () => isAway);
    const clock = createVirtualClock();
    const presence = presenceOn(eventStore, clock);
    const other = presenceOn(inner, clock);
    await presence.announce(engine);
    isAway = true;
    await clock.advance(renewEveryMs * 2);
    assert.equal(await other.isPresent(engine), true);
    isAway = false;
    await clock.advance(renewEveryMs * 2);
    await settled();
    assert.equal(await other.isPresent(engine), true, 'it has renewed since');
    isAway = true;
    await clock.advance(leaseMs + skewMaxMs + renewEveryMs);
    assert.equal(await other.isPresent(engine), false);
    isAway = false;
    await clock.advance(renewEveryMs);
    assert.equal(await other.isPresent(engine), true, 'it comes back, and is fenced elsewhere');
    await presence.leave(engine);
  });

  it('asks a ledger that is gone every few seconds while its lease lasts, and as rarely as it renews later', async () => {
    const inner = createMemoryEventStore();
    let isAway = false;
    let asked = 0;
    const eventStore: EventStore = {
      ...awayWhile(inner, () => isAway),
      append: (...given) => {
        asked += 1;
        return isAway ? Promise.reject(away()) : inner.append(...given);
      },
    };
    const clock = createVirtualClock();
    const presence = presenceOn(eventStore, clock);
    await presence.announce(engine);
    isAway = true;
    asked = 0;
    await clock.advance(leaseMs);
    assert.equal(asked, (leaseMs - renewEveryMs) / leaseLimits.renewRetryMs + 1);
    asked = 0;
    const hourMs = 3_600_000;
    await clock.advance(hourMs);
    assert.ok(asked >= hourMs / renewEveryMs && asked <= hourMs / renewEveryMs + 5, `${asked}`);
    isAway = false;
    await clock.advance(renewEveryMs);
    assert.equal(await presenceOn(inner, clock).isPresent(engine), true);
    asked = 0;
    await clock.advance(renewEveryMs * 10);
    assert.ok(asked >= 9 && asked <= 10, 'as usual again');
    await presence.leave(engine);
  });

  it('that leaves while the ledger cannot be reached leaves its lease to end by itself', async () => {
    const inner = createMemoryEventStore();
    let isAway = false;
    const eventStore = awayWhile(inner, () => isAway);
    const clock = createVirtualClock();
    const presence = presenceOn(eventStore, clock);
    await presence.announce(engine);
    isAway = true;
    await presence.leave(engine);
    const other = presenceOn(inner, clock);
    assert.equal(await other.isPresent(engine), true);
    await clock.advance(leaseMs + skewMaxMs);
    assert.equal(await other.isPresent(engine), false);
  });

  it('whose clock is a year ahead is taken for dead one lease after its last renewal was seen', async () => {
    const eventStore = createMemoryEventStore();
    const its = createVirtualClock();
    await its.advance(365 * 24 * 3_600_000);
    const presence = presenceOn(eventStore, its);
    await presence.announce(engine);
    const clock = createVirtualClock();
    const other = presenceOn(eventStore, clock);
    for (let renewal = 0; renewal < 10; renewal += 1) {
      assert.equal(await other.isPresent(engine), true, 'it renews');
      await clock.advance(renewEveryMs);
      await its.advance(renewEveryMs);
    }
    assert.equal(await other.isPresent(engine), true);
    // Now its clock stands still, as it does for the dead.
    await clock.advance(leaseMs + skewMaxMs - 1);
    assert.equal(await other.isPresent(engine), true);
    await clock.advance(1);
    assert.equal(await other.isPresent(engine), false);
  });

  it('claims no time for a renewal that it spent on having it recorded', async () => {
    const inner = createMemoryEventStore();
    const clock = createVirtualClock();
    let delayMs = 0;
    const eventStore: EventStore = {
      append: async (...given) => {
        await clock.sleep(delayMs);
        return inner.append(...given);
      },
      readStream: (...given) => inner.readStream(...given),
      readAll: (...given) => inner.readAll(...given),
      subscribe: (...given) => inner.subscribe(...given),
      close: () => inner.close(),
    };
    const presence = presenceOn(eventStore, clock);
    const other = presenceOn(inner, clock);
    const announced = presence.announce(engine);
    await clock.advance(0);
    await announced;
    delayMs = leaseMs + skewMaxMs;
    await clock.advance(renewEveryMs);
    assert.equal(await other.isPresent(engine), true, 'the renewal is on its way');
    await clock.advance(delayMs);
    await settled();
    const [last] = await Array.fromAsync(
      inner.readStream(engineStream(engine), { direction: 'backwards', limit: 1 }),
    );
    assert.equal(last?.type, 'LeaseRenewed', 'it arrived');
    assert.equal(await other.isPresent(engine), false, 'too late to be worth anything');
  });
});

function away(): SnapledgerError {
  return new SnapledgerError('LEDGER_UNAVAILABLE', 'the server is away', { retry: 'retryable' });
}

/** Takes nothing while it is away. */
function awayWhile(inner: EventStore, isAway: () => boolean): EventStore {
  return {
    append: (...given) => (isAway() ? Promise.reject(away()) : inner.append(...given)),
    readStream: (...given) => inner.readStream(...given),
    readAll: (...given) => inner.readAll(...given),
    subscribe: (...given) => inner.subscribe(...given),
    close: () => inner.close(),
  };
}
