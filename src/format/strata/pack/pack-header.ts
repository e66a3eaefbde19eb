import type { RepositoryId, SessionId } from '../../../domain/identifiers.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';

/** A pack holds blocks or map nodes, never both: maps stay small, hot and cacheable. */
export type PackKind = 'data' | 'map';

export const packHeaderSizeBytes = 40;
/** Packs are closed at about this size: one PUT each, and few objects for a terabyte. */
export const packTargetSizeBytes = 32 * 1024 * 1024;

const magic = 0x4b_50_4c_53; // "SLPK", little-endian
const version = 1;
const kindCodes = { data: 1, map: 2 } as const satisfies Record<PackKind, number>;

/** The first 40 bytes of a pack. */
export function encodePackHeader(
  kind: PackKind,
  repositoryId: RepositoryId,
  sessionId: SessionId,
): Uint8Array {
  const bytes = new Uint8Array(packHeaderSizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint8(4, version);
  view.setUint8(5, kindCodes[kind]);
  bytes.set(uuidToBytes(repositoryId), 8);
  bytes.set(uuidToBytes(sessionId), 24);
  return bytes;
}
