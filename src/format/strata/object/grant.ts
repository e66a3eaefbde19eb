import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import { uuidFromBytes, uuidToBytes } from '../encoding/uuid-bytes.ts';
import { keySizeBytes } from '../keys/repository-keys.ts';

/**
 * What a worker gets to do one session's transfer. A secret: it opens that session's data and
 * tells which blocks are equal, and opens nothing older.
 */
export interface TransferGrant {
  readonly repositoryId: RepositoryId;
  readonly sessionId: SessionId;
  /** K_id */
  readonly blockIdKey: Uint8Array;
  /** D_s */
  readonly dataKey: Uint8Array;
  /** Of the packs that the worker makes, at the beginning of a day; null: they are under no lock. */
  readonly retainUntil: TimestampMs | null;
}

const magic = 0x52_47_4c_53; // "SLGR", little-endian
const version = 1;
const grantSizeBytes = 104;
const dayMs = 24 * 60 * 60 * 1000;

/** magic, u8 version, zero, u16 day of the end of the lock (0: none), repository id 16, session id 16, K_id 32, D_s 32. */
export function encodeGrant(grant: TransferGrant): Uint8Array {
  assert(grant.blockIdKey.length === keySizeBytes, 'K_id has 32 bytes');
  assert(grant.dataKey.length === keySizeBytes, 'a data key has 32 bytes');
  const bytes = new Uint8Array(grantSizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint8(4, version);
  view.setUint16(6, dayOf(grant.retainUntil), true);
  bytes.set(uuidToBytes(grant.repositoryId), 8);
  bytes.set(uuidToBytes(grant.sessionId), 24);
  bytes.set(grant.blockIdKey, 40);
  bytes.set(grant.dataKey, 72);
  return bytes;
}

/** @throws INVALID_ARGUMENT when the bytes are no grant; never tells what they were. */
export function decodeGrant(bytes: Uint8Array): TransferGrant {
  if (bytes.length !== grantSizeBytes) throw notAGrant();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== magic || view.getUint16(4, true) !== version) throw notAGrant();
  const day = view.getUint16(6, true);
  return {
    repositoryId: uuidFromBytes(bytes, 8) as RepositoryId,
    sessionId: uuidFromBytes(bytes, 24) as SessionId,
    blockIdKey: bytes.slice(40, 72),
    dataKey: bytes.slice(72, 104),
    retainUntil: day === 0 ? null : ((day * dayMs) as TimestampMs),
  };
}

function dayOf(until: TimestampMs | null): number {
  const day = (until ?? 0) / dayMs;
  assert(Number.isInteger(day) && day < 2 ** 16, 'a lock ends with a day, before 2149');
  return day;
}

function notAGrant(): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', 'the transfer grant is not one of strata 1', {
    remedy: 'Run the worker with the same version of snapledger as the engine that started it.',
  });
}
