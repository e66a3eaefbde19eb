import { zstdDecompressSync } from 'node:zlib';

import { StrataDefect } from './defect.ts';
import { hmac, joined, openGcm, sha256, uuidBytes, uuidText } from './keys.ts';
import type { RepositoryKeys, SessionKeys } from './keys.ts';

/** A block is this long; the last one of a volume may be shorter. */
export const blockBytes = 524_288;
export const packHeaderBytes = 40;
export const recordHeaderBytes = 76;
export const recordTagBytes = 16;
export const recordLeastBytes = recordHeaderBytes + 1 + recordTagBytes;
export const recordMostBytes = recordHeaderBytes + blockBytes + recordTagBytes;

export const recordKind = { block: 1, node: 2 } as const;
export type RecordKind = (typeof recordKind)[keyof typeof recordKind];

/** The plaintext header of a record. */
export interface RecordHeader {
  readonly kind: RecordKind;
  readonly compression: 'raw' | 'zstd';
  readonly id: Buffer;
  readonly plainLength: number;
  readonly storedLength: number;
  readonly sessionId: string;
  readonly bytes: Buffer;
}

/** Reads a record's header. `where` names the place of the record in defects. */
export function parseRecordHeader(bytes: Buffer, where: string): RecordHeader {
  if (bytes.length < recordHeaderBytes) {
    throw new StrataDefect(where, 'is too short for a record');
  }
  if (bytes.toString('latin1', 0, 4) !== 'SLR1') throw new StrataDefect(where, 'is no record');
  if (bytes[4] !== 1) throw new StrataDefect(where, `has version ${bytes[4] ?? ''}, not 1`);
  const kind = bytes[5];
  if (kind !== recordKind.block && kind !== recordKind.node) {
    throw new StrataDefect(where, `is a record of the unknown kind ${kind ?? ''}`);
  }
  const compression = bytes[6];
  if (compression !== 0 && compression !== 1) {
    throw new StrataDefect(where, `has the unknown compression ${compression ?? ''}`);
  }
  if (bytes[7] !== 0) throw new StrataDefect(where, 'has a byte that must be zero and is not');
  const plainLength = bytes.readUInt32LE(40);
  const storedLength = bytes.readUInt32LE(44);
  if (plainLength < 1 || plainLength > blockBytes) {
    throw new StrataDefect(where, `holds ${plainLength} bytes, which no record can`);
  }
  if (storedLength > plainLength || (compression === 0 && storedLength !== plainLength)) {
    throw new StrataDefect(where, `stores ${plainLength} bytes in ${storedLength}`);
  }
  return {
    kind,
    compression: compression === 0 ? 'raw' : 'zstd',
    id: bytes.subarray(8, 40),
    plainLength,
    storedLength,
    sessionId: uuidText(bytes.subarray(48, 64)),
    bytes: bytes.subarray(0, recordHeaderBytes),
  };
}

/** The content of a record, authenticated and proven to have the record's id. */
export function openRecord(
  record: Buffer,
  where: string,
  keys: {
    readonly repositoryId: string;
    readonly repository: RepositoryKeys;
    readonly session: SessionKeys;
  },
): { readonly header: RecordHeader; readonly content: Buffer } {
  const header = parseRecordHeader(record, where);
  if (record.length !== recordHeaderBytes + header.storedLength + recordTagBytes) {
    throw new StrataDefect(where, `has another length than its header says`);
  }
  const isBlock = header.kind === recordKind.block;
  const stored = openGcm({
    key: hmac(isBlock ? keys.session.block : keys.session.node, header.id),
    nonce: header.bytes.subarray(64),
    aad: joined(uuidBytes(keys.repositoryId), header.bytes),
    ciphertext: record.subarray(recordHeaderBytes, -recordTagBytes),
    tag: record.subarray(-recordTagBytes),
  });
  if (stored === undefined) throw new StrataDefect(where, 'is damaged or was changed');
  const content =
    header.compression === 'raw' ? stored : decompress(stored, header.plainLength, where);
  const idKey = isBlock ? keys.repository.blockId : keys.repository.nodeId;
  if (!hmac(idKey, sha256(content)).equals(header.id)) {
    throw new StrataDefect(where, 'holds a content that does not have its id');
  }
  return { header, content };
}

function decompress(stored: Buffer, plainLength: number, where: string): Buffer {
  let content: Buffer;
  try {
    content = zstdDecompressSync(stored, { maxOutputLength: plainLength });
  } catch {
    throw new StrataDefect(where, `does not decompress to ${plainLength} bytes`);
  }
  if (content.length !== plainLength) {
    throw new StrataDefect(where, `decompresses to ${content.length} bytes, not ${plainLength}`);
  }
  return content;
}
