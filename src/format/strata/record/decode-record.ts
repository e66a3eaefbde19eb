import { createDecipheriv, timingSafeEqual } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { recordIdOf } from '../keys/record-id.ts';
import type { ObjectLocation } from '../object/object-corrupt.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { recordAad, recordCipherName, recordKeyOf } from './record-cipher.ts';
import { releaseMemory } from './release-memory.ts';
import type { RecordHeader, RecordKind } from './record-header.ts';
import {
  readRecordHeader,
  recordHeaderSizeBytes,
  recordOverheadSizeBytes,
  recordTagSizeBytes,
} from './record-header.ts';

export interface RecordToDecode {
  /** Exactly the record: header, ciphertext and tag. */
  readonly bytes: Uint8Array;
  /** What whoever refers to the record knows of it. */
  readonly expected: {
    readonly kind: RecordKind;
    readonly id: Uint8Array;
    /** Absent where the reader cannot know it. */
    readonly plainLengthBytes?: number;
  };
  /** K_id for a block, K_node for a map node: the content is always checked against its id. */
  readonly idKey: Uint8Array;
  /** B_s (for a block) or N_s (for a map node) of that session; null when its key is not at hand. */
  readonly kindKeyOf: (sessionIdBytes: Uint8Array) => Uint8Array | null;
  readonly repositoryIdBytes: Uint8Array;
  /** For the error's message. */
  readonly location: ObjectLocation;
}

/** The least that zlib takes as the size of an output chunk. */
const zlibChunkMinBytes = 64;

/**
 * The content of a record, after everything about it was checked: its fields, that it is the one
 * expected, its authentication, its length and that the content has the id.
 *
 * @throws OBJECT_CORRUPT with `details.reason`.
 */
export function decodeRecord(record: RecordToDecode): Uint8Array {
  const { bytes, expected, location } = record;
  const refuse = (reason: string, cause?: unknown): Error => objectCorrupt(location, reason, cause);
  const header = readRecordHeader(bytes, location);
  if (header.kind !== expected.kind)
    throw refuse(`a ${header.kind} is where a ${expected.kind} is meant`);
  if (!timingSafeEqual(header.id, expected.id)) throw refuse('another record is in this place');
  if (bytes.length !== recordOverheadSizeBytes + header.storedLengthBytes) {
    throw refuse('the length of the record is not the one referred to');
  }
  if (
    expected.plainLengthBytes !== undefined &&
    header.plainLengthBytes !== expected.plainLengthBytes
  ) {
    throw refuse(
      `the content has ${header.plainLengthBytes} bytes instead of ${expected.plainLengthBytes}`,
    );
  }
  const plain = decompress(header, decrypt(record, header), refuse);
  if (!timingSafeEqual(recordIdOf(record.idKey, plain), expected.id)) {
    throw refuse('the content does not have the id that it is stored under');
  }
  return plain;
}

function decrypt(record: RecordToDecode, header: RecordHeader): Uint8Array {
  const { bytes, location } = record;
  const kindKey = record.kindKeyOf(header.sessionIdBytes);
  if (kindKey === null) throw objectCorrupt(location, 'it is under the key of an unknown session');
  const decipher = createDecipheriv(
    recordCipherName,
    recordKeyOf(kindKey, header.id),
    header.nonce,
    { authTagLength: recordTagSizeBytes },
  );
  decipher.setAAD(recordAad(record.repositoryIdBytes, bytes));
  decipher.setAuthTag(bytes.subarray(bytes.length - recordTagSizeBytes));
  const end = recordHeaderSizeBytes + header.storedLengthBytes;
  const plain = decipher.update(bytes.subarray(recordHeaderSizeBytes, end));
  try {
    decipher.final();
  } catch (cause) {
    throw objectCorrupt(location, 'the record is not authentic', cause);
  }
  return plain;
}

function decompress(
  header: RecordHeader,
  body: Uint8Array,
  refuse: (reason: string, cause?: unknown) => Error,
): Uint8Array {
  if (header.compression === 'raw') return body;
  let plain: Uint8Array;
  try {
    plain = zstdDecompressSync(body, {
      maxOutputLength: header.plainLengthBytes,
      // More than the content: zlib makes another chunk when one is exactly full.
      chunkSize: header.plainLengthBytes + zlibChunkMinBytes,
    });
  } catch (cause) {
    throw refuse('the content cannot be decompressed', cause);
  } finally {
    releaseMemory(body);
  }
  if (plain.length !== header.plainLengthBytes) throw refuse('the content is shorter than stated');
  return plain;
}
