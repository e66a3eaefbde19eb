import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import type { SealOutcome } from '../seal-outcome.ts';

/** What forgetting an instance takes away, and what it leaves. */
export interface ForgettingPlan {
  readonly instanceId: InstanceId;
  /** The last time; null: it was not forgotten yet. */
  readonly forgottenAt: TimestampMs | null;
  /** The key that is destroyed; there again when something was recorded after an earlier forgetting. */
  readonly key: 'there' | 'gone';
  /** Events whose sensitive fields are sealed. */
  readonly sealedEvents: number;
  /** Events that earlier versions recorded: what is sensitive in them stays readable for ever. */
  readonly eventsInClear: number;
  /** What there still is of the instance; each is described by itself, and its rules remove it. */
  readonly snapshotSets: number;
  readonly replicas: number;
  readonly points: number;
}

export interface ForgottenInstance extends ForgettingPlan {
  readonly forgottenAt: TimestampMs;
  /** Of the record that says so. */
  readonly seal: Extract<SealOutcome, { readonly kind: 'sealed' }>;
}

export interface ForgetRequest {
  readonly instanceId: InstanceId;
  /** What to do when there are events in clear; default: `refuse`. */
  readonly eventsInClear?: 'refuse' | 'leave';
}
