import type { AdoptionReason } from '../../../domain/backup-session/adoption-events.ts';
import type { Problem } from '../../../domain/backup-session/backup-events.ts';
import type { HoldId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import type { RecordedHold } from '../../../domain/instance/hold.ts';
import type { KeepReason, RemoveReason } from '../../../domain/retention/retention-reasons.ts';
import type { StreamName } from '../../../ports/event-store.ts';

/** One thing that happened to an instance, or to something of it. */
export interface TimelineEntry extends Told {
  readonly recordedAt: TimestampMs;
  /** In which it happened; null: at somebody's word, in no session. */
  readonly sessionId: SessionId | null;
  /** Of the event that says so. */
  readonly stream: StreamName;
  readonly revision: number;
  readonly actor: string;
}

/** What an event tells. */
export interface Told {
  readonly subject: TimelineSubject;
  /** The id of the instance, session, snapshot set, replica or restore point; of a clock, the stream. */
  readonly id: string;
  readonly what: TimelineChange;
  readonly reasons: readonly TimelineReason[];
}

/** `clock`: that by which a stream's events were recorded. */
export type TimelineSubject =
  'instance' | 'session' | 'snapshot-set' | 'replica' | 'restore-point' | 'clock';

export type TimelineChange =
  | 'began'
  | 'taken-over'
  | 'succeeded'
  | 'succeeded-with-warnings'
  | 'failed'
  | 'cancelled'
  | 'requested'
  | 'taken'
  | 'completed'
  | 'abandoned'
  | 'adopted'
  | 'started'
  | 'committed'
  | 'restored'
  | 'kept'
  | 'to-be-removed'
  | 'removal-begun'
  | 'withheld'
  | 'expired'
  | 'removed'
  | 'not-removed'
  | 'hold-placed'
  | 'hold-released'
  | 'expiry-set'
  | 'forgotten'
  | 'went-back';

export type TimelineReason =
  | { readonly kind: 'keep'; readonly reason: KeepReason }
  | { readonly kind: 'remove'; readonly reason: RemoveReason }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'adoption'; readonly because: AdoptionReason }
  | {
      readonly kind: 'hold';
      readonly holdId: HoldId;
      readonly hold: RecordedHold;
    }
  /** Of an item that was made by hand; null: it never expires. */
  | { readonly kind: 'expiry'; readonly expiresAt: TimestampMs | null }
  /** The key of what is sensitive, destroyed; null: there was none, or none that could be read. */
  | { readonly kind: 'key-destroyed'; readonly keyId: string | null }
  /** The time of the event before in the stream, which is a later one than that of this event. */
  | { readonly kind: 'recorded-before'; readonly previousAt: TimestampMs };

export function told(
  subject: TimelineSubject,
  id: string,
  what: TimelineChange,
  reasons: readonly TimelineReason[] = [],
): Told {
  return { subject, id, what, reasons };
}
