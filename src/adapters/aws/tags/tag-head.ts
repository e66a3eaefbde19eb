import type { ResourceKind } from './resource-description.ts';
import { tagLimits } from './tag-limits.ts';
import { uuidOfBytes } from './tag-uuid.ts';

/** What the mark of a resource holds: what it is part of, and how its description is stored. */
export interface TagHead {
  readonly kind: ResourceKind;
  /** The set that the resource belongs to, a UUID. */
  readonly groupId: string;
  /** 16 random bytes: no two requests have the same head. */
  readonly requestNonce: Uint8Array;
  readonly partCount: number;
  readonly compression: Compression;
  /** The description as it is split over the parts. */
  readonly storedBytes: number;
  /** The description before it was compressed. */
  readonly plainBytes: number;
}

export type Compression = 'none' | 'deflate';

export const nonceSizeBytes = 16;

const version = 1;
const sizeBytes = 42;
const kindCodes: Readonly<Record<ResourceKind, number>> = {
  'snapshot-set': 1,
  replica: 2,
  'temporary-volume': 3,
  worker: 4,
  'restore-snapshot': 5,
  'restored-volume': 6,
  'restore-image': 7,
  'restored-instance': 8,
  'kept-volume': 9,
};
const compressionCodes: Readonly<Record<Compression, number>> = { none: 0, deflate: 1 };

/** @param groupIdBytes the 16 bytes of `head.groupId` */
export function encodeHead(head: TagHead, groupIdBytes: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.writeUInt8(version, 0);
  bytes.writeUInt8(kindCodes[head.kind], 1);
  bytes.set(groupIdBytes, 2);
  bytes.set(head.requestNonce, 18);
  bytes.writeUInt8(head.partCount, 34);
  bytes.writeUInt8(compressionCodes[head.compression], 35);
  bytes.writeUInt16LE(head.storedBytes, 36);
  bytes.writeUInt32LE(head.plainBytes, 38);
  return new Uint8Array(bytes);
}

/** Null for bytes that are no head of this version, although they were sealed. */
export function decodeHead(plain: Uint8Array): TagHead | null {
  if (plain.length !== sizeBytes || plain[0] !== version) return null;
  const bytes = Buffer.from(plain);
  const kind = nameOf(kindCodes, bytes.readUInt8(1));
  const compression = nameOf(compressionCodes, bytes.readUInt8(35));
  const plainBytes = bytes.readUInt32LE(38);
  if (kind === null || compression === null || plainBytes > tagLimits.descriptionMaxBytes) {
    return null;
  }
  return {
    kind,
    groupId: uuidOfBytes(plain.subarray(2, 18)),
    requestNonce: plain.slice(18, 34),
    partCount: bytes.readUInt8(34),
    compression,
    storedBytes: bytes.readUInt16LE(36),
    plainBytes,
  };
}

function nameOf<Name extends string>(
  codes: Readonly<Record<Name, number>>,
  code: number,
): Name | null {
  for (const name in codes) if (codes[name] === code) return name;
  return null;
}
