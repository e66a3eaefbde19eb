import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';

/** What was found wrong with the sealed ledger, and the first thing that it is wrong with. */
export interface Tampering {
  readonly kind: TamperingKind;
  readonly message: string;
  readonly objectKey?: string;
  /** Position in the log. */
  readonly position?: number;
  readonly stream?: string;
  readonly revision?: number;
}

/** A record by its stream, where that is known. */
export type RecordPlaceInLog = Pick<Tampering, 'stream' | 'revision'>;

export type TamperingKind =
  /** An entry that others follow is gone. */
  | 'entry-missing'
  /** An entry cannot be read, or does not belong where it is. */
  | 'entry-malformed'
  /** A record is not the one whose hash was signed. */
  | 'record-altered'
  /** Records of a stream are missing, repeated or out of order. */
  | 'records-out-of-order'
  /** The checkpoint does not bear a good signature of the ledger's key. */
  | 'signature-wrong'
  /** The checkpoint is signed for more records than its entry has. */
  | 'records-missing'
  /** The checkpoint is signed, but not for these records. */
  | 'checkpoint-wrong'
  /** The log ends before a checkpoint that a witness has. */
  | 'log-truncated'
  /** The log is not the one whose checkpoint a witness has. */
  | 'log-rewritten'
  /** Somebody else signed what a witness has. */
  | 'witness-foreign'
  /** A record cannot be opened: it, or the key of its subject, was changed or removed. */
  | 'record-unreadable'
  /** A record is not chained to the one before it. */
  | 'chain-broken'
  /** The event store lacks a record that is sealed. */
  | 'store-record-missing'
  /** The event store has another record than the one that is sealed. */
  | 'store-record-altered'
  /** The event store cannot be read, or breaks its own chain where nothing is sealed yet. */
  | 'store-broken'
  /** The key of an instance's sensitive fields is gone or damaged, and nobody has forgotten the instance. */
  | 'sensitive-key-missing'
  /** An instance was forgotten, and its key is still there. */
  | 'sensitive-key-left'
  /** A mark says that something is sealed that the log does not have, or has another record of. */
  | 'mark-wrong'
  /** The event store has a record that no session, or no ledger, has in this place. */
  | 'store-record-strange';

const compareCopies = `'snapledger audit verify' shows all that can be told; compare with another copy of the repository.`;

/** The error of who cannot go on. */
export function tampered(tampering: Tampering, remedy = compareCopies): SnapledgerError {
  const { kind, message, objectKey, position, stream, revision } = tampering;
  return new SnapledgerError('LEDGER_TAMPERED', message, {
    remedy,
    details: {
      kind,
      ...(objectKey === undefined ? {} : { objectKey }),
      ...(position === undefined ? {} : { position }),
      ...(stream === undefined ? {} : { stream }),
      ...(revision === undefined ? {} : { revision }),
    },
  });
}

/** What such an error tells. */
export function tamperingOf({ message, details }: SnapledgerError): Tampering {
  const { kind, ...place } = details;
  return { ...place, kind: kind as TamperingKind, message };
}
