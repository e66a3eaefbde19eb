import { clusterBits, clusterBytes, roundUp, sectorBytes } from './image-geometry.ts';

/** What the header of an image says of it. */
export interface Qcow2Header {
  /** Of the disk; the image has whole sectors. */
  readonly sizeBytes: number;
  readonly backingName: string | null;
  readonly l1Entries: number;
  readonly l1Offset: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
}

const headerBytes = 112;
const incompatibleCompressionType = 1n << 3n;
const compressionZstd = 1;
const backingFormatExtension = 0xe2792aca;
const featureNamesExtension = 0x6803f857;
const featureNameBytes = 48;

/**
 * The first cluster of an image: a header of version 3.
 * Source: https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.rst
 */
export function encodeQcow2Header(header: Qcow2Header): Uint8Array {
  const bytes = Buffer.alloc(clusterBytes);
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(BigInt(roundUp(header.sizeBytes, sectorBytes)), 24);
  bytes.writeUInt32BE(header.l1Entries, 36);
  bytes.writeBigUInt64BE(BigInt(header.l1Offset), 40);
  bytes.writeBigUInt64BE(BigInt(header.refcountTableOffset), 48);
  bytes.writeUInt32BE(header.refcountTableClusters, 56);
  bytes.writeBigUInt64BE(incompatibleCompressionType, 72);
  bytes.writeUInt32BE(4, 96); // refcounts of 2^4 bits
  bytes.writeUInt32BE(headerBytes, 100);
  bytes.writeUInt8(compressionZstd, 104);
  let at = headerBytes;
  const extension = (type: number, content: Uint8Array): void => {
    bytes.writeUInt32BE(type, at);
    bytes.writeUInt32BE(content.length, at + 4);
    bytes.set(content, at + 8);
    at += 8 + roundUp(content.length, 8);
  };
  if (header.backingName !== null) extension(backingFormatExtension, Buffer.from('qcow2'));
  extension(featureNamesExtension, featureName(0, 3, 'compression type'));
  at += 8; // the end of the extensions: eight zeros
  if (header.backingName !== null) {
    const name = Buffer.from(header.backingName, 'utf8');
    bytes.writeBigUInt64BE(BigInt(at), 8);
    bytes.writeUInt32BE(name.length, 16);
    bytes.set(name, at);
  }
  return bytes;
}

function featureName(type: number, bit: number, name: string): Uint8Array {
  const entry = Buffer.alloc(featureNameBytes);
  entry.writeUInt8(type, 0);
  entry.writeUInt8(bit, 1);
  entry.write(name, 2, 'ascii');
  return entry;
}
