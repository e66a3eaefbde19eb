import type { Clock } from '../../../src/ports/clock.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { createHookedObjectStore, type ObjectStoreCall } from './hooked-object-store.ts';

export interface SlowObjectStoreOptions {
  readonly clock: Clock;
  /** Milliseconds by which the start of this call is put off. */
  readonly delayMs: (call: ObjectStoreCall) => number;
}

/**
 * Lets calls that were made in one order take effect in another.
 *
 * Cannot prove: behaviour on a slow stream (an answer comes whole), or under limited throughput.
 */
export function createSlowObjectStore(
  inner: ObjectStore,
  { clock, delayMs }: SlowObjectStoreOptions,
): ObjectStore {
  return createHookedObjectStore(inner, {
    before: (call) => clock.sleep(delayMs(call)),
  });
}
