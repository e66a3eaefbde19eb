import type { EngineDependencies } from '../../../src/engine/engine-dependencies.ts';
import { createLeasePresence } from '../../../src/engine/presence/lease-presence.ts';
import type { LeaseLimits } from '../../../src/engine/presence/lease-limits.ts';

/** Short, and long enough for a busy machine: an engine that is late to renew is taken for dead. */
const limits: LeaseLimits = {
  leaseMs: 15_000,
  renewEveryMs: 2_000,
  renewRetryMs: 250,
  skewMaxMs: 500,
};

/** Leases of some seconds instead of whatever tells which engines live. */
export function withShortLeases({
  eventStore,
  clock,
  random,
  actor,
  limits: { retry: retryPolicy },
}: EngineDependencies): Partial<EngineDependencies> {
  return {
    presence: createLeasePresence({ eventStore, clock, random, actor, retryPolicy, limits }),
  };
}
