import type { StreamRecord } from '../../ledger/record-bytes.ts';
import type { ExportSelection } from '../audit.ts';

/** A record, and what shows that it is the one that was sealed. */
export interface ExportedRecord {
  readonly record: StreamRecord;
  /** Hex. */
  readonly recordHash: string;
  /** The event's data as plain JSON, for a reader; the bytes of the record are what counts. */
  readonly data: unknown;
  /** Null for a record that is not sealed yet. */
  readonly proof: RecordProof | null;
}

/** Everything that leads from a record's hash to the root of the checkpoint; bytes as hex. */
export interface RecordProof {
  readonly position: number;
  readonly subject: string;
  readonly salt: string;
  readonly sealedDigest: string;
  /** The audit path of the leaf. */
  readonly path: readonly string[];
}

/** What stands above the records of an export. */
export interface ExportHeader {
  /** The signed note that the proofs lead to; null while nothing is sealed. */
  readonly checkpoint: string | null;
  /** The public key, for information: one who verifies has it from elsewhere. */
  readonly key: string;
  readonly exportedAt: number;
  readonly actor: string;
  /** What was asked for. Who exports says so: nothing proves that it is all of that. */
  readonly selection: ExportSelection;
}
