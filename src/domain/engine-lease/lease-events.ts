import type { EngineId, TimestampMs } from '../identifiers.ts';

/** An engine begins: until its lease ends nobody takes its sessions over. */
export interface LeaseTaken {
  readonly type: 'LeaseTaken';
  readonly data: { readonly engineId: EngineId; readonly until: TimestampMs };
}

/** It still lives. */
export interface LeaseRenewed {
  readonly type: 'LeaseRenewed';
  readonly data: { readonly until: TimestampMs };
}

/** It has ended by itself; whatever it left may be taken over at once. */
export interface LeaseGivenUp {
  readonly type: 'LeaseGivenUp';
  readonly data: { readonly givenUpAt: TimestampMs };
}

/**
 * Stream `engine-<engineId>`: how long an engine is held to be alive. Each event says all there is to
 * say, so that the last one is enough.
 */
export type LeaseEvent = LeaseTaken | LeaseRenewed | LeaseGivenUp;
