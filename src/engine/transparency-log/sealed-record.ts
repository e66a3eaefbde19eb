import { createHmac, hash } from 'node:crypto';
import type { RandomSource } from '../../ports/random-source.ts';
import { type Field, lengthPrefixed } from '../ledger/length-prefixed.ts';
import { parseRecordBytes, recordBytes, type StreamRecord } from '../ledger/record-bytes.ts';
import { hashOfRecordBytes } from '../ledger/record-hash.ts';
import { leafHash, type MerkleHash } from './merkle-hash.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

/** Where a record stands, and who it is about: all that a log shows of it in clear. */
export interface RecordPlace {
  readonly stream: string;
  readonly revision: number;
  /** Whose key seals it: the instance or policy that the record is about. */
  readonly subject: string;
}

/** A record as a log holds it. */
export interface SealedRecord {
  readonly leaf: MerkleHash;
  /** Stands for the record's hash, and tells nothing about it to who lacks the subject's key. */
  readonly commitment: Uint8Array;
  readonly sealed: Uint8Array;
}

const labels = {
  leaf: 'snapledger/ledger/1/leaf',
  salt: 'snapledger/ledger/1/salt',
  commitment: 'snapledger/ledger/1/commitment',
  record: 'snapledger/ledger/1/sealed-record',
} as const;

export function sealRecord(
  record: StreamRecord,
  subject: string,
  subjectKey: Uint8Array,
  random: RandomSource,
): SealedRecord {
  const place: RecordPlace = { stream: record.stream, revision: record.revision, subject };
  const bytes = recordBytes(record.stream, record.revision, record);
  const sealed = sealBytes(bytes, subjectKey, contextOf(place), random);
  const commitment = commitmentOf(hashOfRecordBytes(bytes), saltOf(place, subjectKey));
  return { sealed, commitment, leaf: leafOf(place, commitment, digestOf(sealed)) };
}

/**
 * The record, or null when it was not sealed with this key in this place, or is not what the
 * commitment stands for.
 */
export function openRecord(
  { sealed, commitment }: Pick<SealedRecord, 'sealed' | 'commitment'>,
  place: RecordPlace,
  subjectKey: Uint8Array,
): StreamRecord | null {
  const bytes = openBytes(sealed, subjectKey, contextOf(place));
  const record = bytes === null ? null : parseRecordBytes(bytes);
  if (bytes === null || record === null) return null;
  if (record.stream !== place.stream || record.revision !== place.revision) return null;
  const expected = commitmentOf(hashOfRecordBytes(bytes), saltOf(place, subjectKey));
  return Buffer.compare(expected, commitment) === 0 ? record : null;
}

/** The leaf of a record; everything in it is in the log in clear. */
export function leafOf(
  { stream, revision, subject }: RecordPlace,
  commitment: Uint8Array,
  sealedDigest: Uint8Array,
): MerkleHash {
  const fields = [labels.leaf, stream, String(revision), subject, commitment, sealedDigest];
  return leafHash(lengthPrefixed(fields));
}

/** SHA-256 over salt and hash: whoever is told both can check it, nobody can guess from it. */
export function commitmentOf(recordHash: string, salt: Uint8Array): Uint8Array {
  return sha256(lengthPrefixed([labels.commitment, salt, recordHash]));
}

/** Hides what a commitment stands for; derived, so that every engine makes the same one. */
export function saltOf({ stream, revision }: RecordPlace, subjectKey: Uint8Array): Uint8Array {
  const place = lengthPrefixed([labels.salt, stream, String(revision)]);
  return new Uint8Array(createHmac('sha256', subjectKey).update(place).digest());
}

export function digestOf(sealed: Uint8Array): Uint8Array {
  return sha256(sealed);
}

function contextOf({ stream, revision, subject }: RecordPlace): readonly Field[] {
  return [labels.record, stream, String(revision), subject];
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
