import { describe, it } from 'node:test';
import { AppendBell } from '../../../../src/adapters/sqlite/event-store/append-bell.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';

/** Longer than the test may take: whoever waits for it has missed the ring. */
const tooLongMs = 60_000;

describe('the bell of a ledger', { timeout: 5_000 }, () => {
  it('wakes who waits', async () => {
    const bell = new AppendBell();
    const { signal } = new AbortController();
    const waits = [1, 2].map(() => bell.wait(systemClock, bell.rings, tooLongMs, signal));
    bell.ring();
    await Promise.all(waits);
  });

  it('is heard also when it rang between looking for events and waiting', async () => {
    const bell = new AppendBell();
    const heard = bell.rings;
    bell.ring();
    await bell.wait(systemClock, heard, tooLongMs, new AbortController().signal);
  });

  it('lets go of who is told to end, before and while waiting', async () => {
    const bell = new AppendBell();
    await bell.wait(systemClock, bell.rings, tooLongMs, AbortSignal.abort());
    const controller = new AbortController();
    const wait = bell.wait(systemClock, bell.rings, tooLongMs, controller.signal);
    controller.abort();
    await wait;
  });

  it('lets go when the time is over', async () => {
    const bell = new AppendBell();
    await bell.wait(systemClock, bell.rings, 1, new AbortController().signal);
  });
});
