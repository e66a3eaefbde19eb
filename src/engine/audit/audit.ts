import type { SessionStatus } from '../../domain/backup-session/backup-session.ts';
import type { InstanceId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { SealOutcome } from '../seal-outcome.ts';
import type { SessionSummary } from '../session-summary.ts';
import type { TimelineEntry } from './timeline/timeline-entry.ts';
import type { StateDifference } from './state-difference.ts';
import type { LedgerProof } from './ledger-proof.ts';

/** What an auditor does with the ledger. Only `verify`, `export` and the keys need the passphrase. */
export interface LedgerAudit {
  /** Oldest first. */
  sessions(filter?: SessionFilter): Promise<readonly AuditedSession[]>;
  /**
   * How the state of a session changed between two of its events.
   *
   * @throws UNKNOWN_SESSION; INVALID_ARGUMENT when it has no such event
   */
  diff(sessionId: SessionId, range: RevisionRange): Promise<readonly StateDifference[]>;
  /** What happened to the snapshots and points of an instance over all sessions, and why. */
  timeline(instanceId: InstanceId): Promise<readonly TimelineEntry[]>;
  /**
   * Records with the proof that they are the signed ones, as text.
   *
   * @throws LEDGER_TAMPERED, UNKNOWN_SESSION; LIMIT_EXCEEDED for a report that is too long
   */
  export(options: ExportOptions): AsyncIterable<string>;
  /** Never rejects because of what it finds: that is in the result. */
  verify(options?: VerifyLedgerOptions): Promise<LedgerProof>;
  /**
   * That the log goes on from a checkpoint that was kept: for whoever has only checkpoints.
   *
   * @throws INVALID_ARGUMENT for what is no checkpoint of this ledger; LEDGER_TAMPERED when the log
   *   does not go on from it
   */
  consistency(checkpoint: string): Promise<ConsistencyProof>;
  /** Seals all sessions that have ended and are not sealed yet. */
  seal(): Promise<SealOutcome>;
  /** The public key of the ledger, in the text form of signed notes. */
  publicKey(): Promise<string>;
  /** Hex of the key that opens the sealed records, for an auditor. A secret. */
  readKey(): Promise<string>;
}

/** A proof of RFC 6962, section 2.1.2; `isConsistent` checks it. */
export interface ConsistencyProof {
  /** The signed note that was kept. */
  readonly from: string;
  /** The signed note of the log as it is. */
  readonly to: string;
  /** Hex. */
  readonly proof: readonly string[];
}

export interface SessionFilter {
  readonly instanceId?: InstanceId;
  /** Begun at or after. */
  readonly since?: TimestampMs;
  /** Begun before. */
  readonly until?: TimestampMs;
  readonly outcome?: SessionStatus;
  /** Who began it. */
  readonly actor?: string;
}

export interface AuditedSession extends SessionSummary {
  /** Who began it. */
  readonly actor: string;
  /** `sealed-in-part`: its program ended while it sealed it; the next one seals the rest. */
  readonly seal: 'sealed' | 'sealed-in-part' | 'not-sealed';
}

export interface RevisionRange {
  readonly from: number;
  readonly to: number;
}

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Default: every record of the ledger. */
  readonly selection?: ExportSelection;
}

export type ExportFormat = 'json-lines' | 'csv' | 'html';

export type ExportSelection =
  | { readonly kind: 'everything' }
  | { readonly kind: 'session'; readonly sessionId: SessionId }
  /**
   * The sessions that this filter lets through, and the streams of their instances: holds, expiries and
   * forgetting are there. A filter without outcome and actor adds those of instances with an event in its
   * period, and one of an instance that of this instance, whatever sessions there are.
   */
  | { readonly kind: 'sessions'; readonly filter: SessionFilter };

export interface VerifyLedgerOptions {
  /** Default: the event store is compared too. */
  readonly scope?: 'store-and-repository' | 'repository-only';
  /** Signed checkpoints that were kept elsewhere. */
  readonly checkpoints?: readonly string[];
}
