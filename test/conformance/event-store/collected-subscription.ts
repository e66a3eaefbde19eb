import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  EventStore,
  RecordedEvent,
  SubscribeOptions,
} from '../../../src/ports/event-store.ts';

export interface CollectedSubscription {
  /** Resolves when so many events have been given. */
  until(count: number): Promise<void>;
  /** Ends the subscription by its signal; gives what it has given. */
  stop(): Promise<readonly RecordedEvent[]>;
  readonly ended: Promise<void>;
}

/** Subscribes and keeps what is given, until it is told to stop. */
export function collect(
  store: EventStore,
  options: Omit<SubscribeOptions, 'signal'>,
): CollectedSubscription {
  const given: RecordedEvent[] = [];
  const controller = new AbortController();
  const run = async (): Promise<void> => {
    for await (const event of store.subscribe({ ...options, signal: controller.signal })) {
      given.push(event);
    }
  };
  const ended = run();
  // Whoever awaits `ended` sees the error; a test that never does fails by what it is missing.
  ended.catch(() => undefined);
  return {
    ended,
    async until(count) {
      const deadline = performance.now() + 10_000;
      while (given.length < count) {
        assert.ok(performance.now() < deadline, `${given.length} of ${count} events after 10 s`);
        await Promise.race([delay(5), ended]);
      }
    },
    async stop() {
      controller.abort();
      await ended;
      return given;
    },
  };
}
