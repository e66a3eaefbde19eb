import type { RepositoryId, SessionId } from '../../../domain/identifiers.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { keySizeBytes } from '../../keys/key-size.ts';
import { controlKeyOf, recordKeyOf } from '../keys/repository-keys.ts';
import { createEnvelope, type Envelope } from '../object/envelope.ts';
import { JsonFields } from '../object/json-fields.ts';
import { type Protection, protections } from '../object/protection.ts';
import { createRecordSeal, type RecordSeal } from '../object/record-seal.ts';
import { invalid } from '../object/refusals.ts';

/** What a worker gets to do one session's transfer. A secret, which opens nothing older. */
export interface TransferGrant {
  readonly format: 'qcow2';
  readonly protection: Protection;
  readonly repositoryId: RepositoryId;
  readonly sessionId: SessionId;
  /** Hexadecimal. */
  readonly sessionKey: string;
}

export function encodeGrant(grant: TransferGrant): Uint8Array {
  return Buffer.from(JSON.stringify(grant));
}

/** What a grant opens. */
export interface GrantedTransfer {
  readonly protection: Protection;
  readonly sessionId: SessionId;
  readonly envelope: Envelope;
  readonly recordSeal: RecordSeal;
}

/** @throws INVALID_ARGUMENT when the bytes are no grant; never tells what they were */
export function openGrant(bytes: Uint8Array, random: RandomSource): GrantedTransfer {
  const fields = JsonFields.parse(Buffer.from(bytes).toString('utf8'), noGrant);
  fields.oneOf('format', ['qcow2']);
  const protection = fields.oneOf('protection', protections);
  const repositoryId = fields.text('repositoryId');
  const key = Buffer.from(fields.hex('sessionKey', 2 * keySizeBytes), 'hex');
  return {
    protection,
    sessionId: fields.text('sessionId') as SessionId,
    envelope: createEnvelope({ protection, key: controlKeyOf(key), repositoryId }, random),
    recordSeal: createRecordSeal(protection, recordKeyOf(key), random),
  };
}

function noGrant(): Error {
  return invalid('the transfer grant is not one of the qcow2 format');
}
