import { createCipheriv } from 'node:crypto';
import { assert } from '../../../domain/errors/assert.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import type { CompressionEffort } from '../../compression-effort.ts';
import { compress } from './compress.ts';
import { recordAad, recordCipherName, recordKeyOf } from './record-cipher.ts';
import { releaseMemory } from './release-memory.ts';
import type { RecordKind } from './record-header.ts';
import {
  recordHeaderSizeBytes,
  recordNonceSizeBytes,
  recordOverheadSizeBytes,
  recordPlainLengthMaxBytes,
  recordTagSizeBytes,
  writeRecordHeader,
} from './record-header.ts';

export interface RecordToEncode {
  readonly kind: RecordKind;
  /** 32 bytes: `blockIdOf` or `recordIdOf` of the content. */
  readonly id: Uint8Array;
  /** The content, 1 byte to 512 KiB. */
  readonly plain: Uint8Array;
  /** B_s for a block, N_s for a map node. */
  readonly kindKey: Uint8Array;
  readonly sessionIdBytes: Uint8Array;
  readonly repositoryIdBytes: Uint8Array;
  /** 12 fresh random bytes. */
  readonly nonce: Uint8Array;
  /** `none` stores the content as it is. */
  readonly compression: CompressionEffort | 'none';
}

/** The most bytes that a record with a content of `plainLengthBytes` can need. */
export function recordMaxSizeBytes(plainLengthBytes: number): number {
  return plainLengthBytes + recordOverheadSizeBytes;
}

/**
 * Encodes one record at the start of `out`, which must hold `recordMaxSizeBytes` of the content.
 * Synchronous, and made for being called often.
 *
 * @returns how many bytes of `out` the record takes.
 */
export function encodeRecord(record: RecordToEncode, out: Uint8Array): number {
  const { plain, id, nonce } = record;
  assert(plain.length >= 1, 'a record has a content');
  assert(plain.length <= recordPlainLengthMaxBytes, 'a record holds 512 KiB at most');
  assert(id.length === recordIdSizeBytes, 'a record id has 32 bytes');
  assert(nonce.length === recordNonceSizeBytes, 'a nonce has 12 bytes');
  assert(out.length >= recordMaxSizeBytes(plain.length), 'the record fits where it is written');

  const { compression } = record;
  const compressed = compression === 'none' ? null : compress(plain, compression);
  const body = compressed ?? plain;
  writeRecordHeader(
    {
      kind: record.kind,
      compression: compressed === null ? 'raw' : 'zstd',
      id,
      plainLengthBytes: plain.length,
      storedLengthBytes: body.length,
      sessionIdBytes: record.sessionIdBytes,
      nonce,
    },
    out,
  );
  const cipher = createCipheriv(recordCipherName, recordKeyOf(record.kindKey, id), nonce, {
    authTagLength: recordTagSizeBytes,
  });
  cipher.setAAD(recordAad(record.repositoryIdBytes, out));
  const encrypted = cipher.update(body);
  out.set(encrypted, recordHeaderSizeBytes);
  releaseMemory(encrypted);
  cipher.final();
  const storedLengthBytes = body.length;
  out.set(cipher.getAuthTag(), recordHeaderSizeBytes + storedLengthBytes);
  if (compressed !== null) releaseMemory(compressed);
  return recordOverheadSizeBytes + storedLengthBytes;
}
