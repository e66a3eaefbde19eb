import type { SessionId } from '../../domain/identifiers.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';
import type { ClockRemarks } from './clock-remarks.ts';
import type { PointWithoutSession } from './points-without-session.ts';
import type { UnsealedStream } from './store-contents.ts';

/** A session that had not ended before an event that this version does not know. */
export interface NewerSession {
  readonly sessionId: SessionId;
  /** Which event, and what it is. */
  readonly message: string;
}

/** Something is wrong with the ledger. */
export interface LedgerFinding extends Tampering {
  readonly kind: Tampering['kind'];
}

/** What was proven, in the end. */
export interface LedgerProof {
  /** The records up to here are proven. */
  readonly size: number;
  /** So many of them are there a second time, the same as before: that takes nothing from the proof. */
  readonly repeated: number;
  /** Hex. */
  readonly root: string;
  readonly entries: number;
  readonly streams: number;
  /** The signed note of all that is proven; null for an empty log. */
  readonly checkpoint: string | null;
  /** How many were compared. */
  readonly witnessedCheckpoints: number;
  /** Witnesses that keep checkpoints and have none, although something is sealed; in words. */
  readonly emptyWitnesses: readonly string[];
  /** Of what is sealed. */
  readonly clockRemarks: ClockRemarks;
  readonly findings: readonly LedgerFinding[];
  /** Sessions that have ended and are not sealed yet. */
  readonly unsealedSessions: readonly SessionId[];
  /** All that the event store has and the log has not yet, the streams of those sessions included. */
  readonly unsealed: readonly UnsealedStream[];
  /** Points whose sessions neither the log nor the event store knows. */
  readonly pointsWithoutSession: readonly PointWithoutSession[];
  /** A newer version wrote to them, and whether they have ended cannot be told. What is sealed of them is proven. */
  readonly newerSessions: readonly NewerSession[];
}
