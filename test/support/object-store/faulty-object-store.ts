import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import {
  createHookedObjectStore,
  type ObjectStoreCall,
  type ObjectStoreMethod,
} from './hooked-object-store.ts';

/** One programmed fault. */
export interface ObjectStoreFault {
  readonly method: ObjectStoreMethod;
  /** Only keys (for `list`: prefixes) that match; default: all. */
  readonly key?: RegExp;
  /** The first matching call that fails, from 1; default 1. */
  readonly fromCall?: number;
  /** How many matching calls fail from there on; default 1. */
  readonly times?: number;
  /**
   * `before-effect`: nothing happened. `after-effect`: it happened and the answer is lost, so a
   * caller that tries again meets its own work.
   */
  readonly when: 'before-effect' | 'after-effect';
  /** Default: STORE_UNAVAILABLE, retryable. */
  readonly error?: SnapledgerError;
}

export interface FaultyObjectStore extends ObjectStore {
  /** How often each fault has struck so far, in the order they were given. */
  readonly strikes: readonly number[];
}

/**
 * Fails exactly as programmed.
 *
 * Cannot prove: behaviour under half-done effects (a contract-abiding store has none), a loss of
 * what was durable, or faults whose place nobody has thought of; those are for seeded simulation.
 */
export function createFaultyObjectStore(
  inner: ObjectStore,
  faults: readonly ObjectStoreFault[],
): FaultyObjectStore {
  const calls = faults.map(() => 0);
  const strikes = faults.map(() => 0);
  const due = new WeakMap<ObjectStoreCall, SnapledgerError>();

  const before = (call: ObjectStoreCall): Promise<void> => {
    for (const [index, fault] of faults.entries()) {
      if (fault.method !== call.method || fault.key?.test(call.key) === false) continue;
      const number = (calls[index] ?? 0) + 1;
      calls[index] = number;
      const first = fault.fromCall ?? 1;
      if (number < first || number >= first + (fault.times ?? 1)) continue;
      strikes[index] = (strikes[index] ?? 0) + 1;
      const error = fault.error ?? unavailable(call, fault.when);
      if (fault.when === 'before-effect') return Promise.reject(error);
      due.set(call, error);
    }
    return Promise.resolve();
  };
  const after = (call: ObjectStoreCall): Promise<void> => {
    const error = due.get(call);
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
  return { ...createHookedObjectStore(inner, { before, after }), strikes };
}

function unavailable(call: ObjectStoreCall, when: ObjectStoreFault['when']): SnapledgerError {
  return new SnapledgerError(
    'STORE_UNAVAILABLE',
    `programmed fault: ${call.method} "${call.key}", ${when}`,
    { retry: 'retryable' },
  );
}
