import { createCipheriv, createDecipheriv } from 'node:crypto';
import { assert } from '../../../domain/errors/assert.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { uuidSizeBytes } from '../encoding/uuid-bytes.ts';
import { objectCorrupt } from './object-corrupt.ts';

/** The small encrypted objects of strata; the number is the byte in the object. */
export const sealedKinds = {
  'session-key': 1,
  manifest: 2,
  tombstone: 3,
  'plan-page': 4,
  segment: 5,
  registration: 6,
  'plan-summary': 7,
  'removal-mark': 8,
  generation: 9,
  relocation: 10,
  'relocation-claim': 11,
} as const;
export type SealedKind = keyof typeof sealedKinds;

export const sealedNonceSizeBytes = 12;
const prefixSizeBytes = 8;
const epochOffset = 6;
const tagSizeBytes = 16;
const overheadSizeBytes = prefixSizeBytes + sealedNonceSizeBytes + tagSizeBytes;
/** No sealed object is larger: a manifest of 40 volumes has some KiB, a plan page 2.4 MiB. */
export const sealedContentMaxBytes = 16 * 1024 * 1024;

const magic = 0x42_53_4c_53; // "SLSB", little-endian
const version = 1;
const aadLabel = Buffer.from('snapledger/strata/1', 'ascii');
const cipherName = 'aes-256-gcm';

export interface ObjectToSeal {
  readonly kind: SealedKind;
  readonly objectKey: ObjectKey;
  /** The 32-byte key for this kind: docs/strata.md, "Sealed object". */
  readonly key: Uint8Array;
  /** Of the master key above it; none for what is sealed under a session's key. */
  readonly epoch?: number;
  readonly repositoryIdBytes: Uint8Array;
  /** 12 fresh random bytes. */
  readonly nonce: Uint8Array;
  readonly content: Uint8Array;
}

/** The bytes of a sealed object: bound to its repository, its kind and its name. */
export function sealObject(object: ObjectToSeal): Uint8Array {
  const { kind, content, nonce } = object;
  assert(nonce.length === sealedNonceSizeBytes, 'a nonce has 12 bytes');
  assert(content.length <= sealedContentMaxBytes, 'a sealed object stays below its limit');
  const bytes = new Uint8Array(overheadSizeBytes + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint8(4, version);
  view.setUint8(5, sealedKinds[kind]);
  view.setUint16(epochOffset, object.epoch ?? 0, true);
  bytes.set(nonce, prefixSizeBytes);
  const cipher = createCipheriv(cipherName, object.key, nonce, { authTagLength: tagSizeBytes });
  cipher.setAAD(aadOf(object.repositoryIdBytes, kind, object.objectKey));
  bytes.set(cipher.update(content), prefixSizeBytes + sealedNonceSizeBytes);
  cipher.final();
  bytes.set(cipher.getAuthTag(), bytes.length - tagSizeBytes);
  return bytes;
}

export interface ObjectToOpen<Kind extends SealedKind> {
  readonly bytes: Uint8Array;
  /** The kinds that may be in this place, all under the same key. */
  readonly kinds: readonly Kind[];
  readonly objectKey: ObjectKey;
  readonly key: Uint8Array;
  /** As the object has to say it; none for what is sealed under a session's key. */
  readonly epoch?: number;
  readonly repositoryIdBytes: Uint8Array;
}

/** The epoch that a sealed object says it is of; 0 for what is too short to say. */
export function sealedEpochOf(bytes: Uint8Array): number {
  if (bytes.length < prefixSizeBytes) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint16(epochOffset, true);
}

/** @throws OBJECT_CORRUPT with `details.reason`. */
export function openSealed<Kind extends SealedKind>(
  object: ObjectToOpen<Kind>,
): { readonly kind: Kind; readonly content: Uint8Array } {
  const { bytes, objectKey } = object;
  const refuse = (reason: string, cause?: unknown): Error =>
    objectCorrupt({ objectKey }, reason, cause);
  if (bytes.length < overheadSizeBytes) throw refuse('it is shorter than a sealed object');
  if (bytes.length > overheadSizeBytes + sealedContentMaxBytes) throw refuse('it is too large');
  const view = new DataView(bytes.buffer, bytes.byteOffset, prefixSizeBytes);
  if (view.getUint32(0, true) !== magic) throw refuse('it is not a sealed object');
  if (view.getUint8(4) !== version) throw refuse(`sealed version ${view.getUint8(4)} is unknown`);
  const kind = object.kinds.find((each) => sealedKinds[each] === view.getUint8(5));
  if (kind === undefined) throw refuse(`an object of kind ${view.getUint8(5)} cannot be here`);
  if (sealedEpochOf(bytes) !== (object.epoch ?? 0)) {
    throw refuse(`it is of epoch ${sealedEpochOf(bytes)}, which cannot be`);
  }
  const bodyOffset = prefixSizeBytes + sealedNonceSizeBytes;
  const bodyEnd = bytes.length - tagSizeBytes;
  const nonce = bytes.subarray(prefixSizeBytes, bodyOffset);
  const decipher = createDecipheriv(cipherName, object.key, nonce, { authTagLength: tagSizeBytes });
  decipher.setAAD(aadOf(object.repositoryIdBytes, kind, objectKey));
  decipher.setAuthTag(bytes.subarray(bodyEnd));
  const content = decipher.update(bytes.subarray(bodyOffset, bodyEnd));
  try {
    decipher.final();
  } catch (cause) {
    throw refuse('it is not authentic', cause);
  }
  return { kind, content };
}

function aadOf(repositoryIdBytes: Uint8Array, kind: SealedKind, objectKey: ObjectKey): Uint8Array {
  assert(repositoryIdBytes.length === uuidSizeBytes, 'a repository id has 16 bytes');
  return Buffer.concat([
    aadLabel,
    repositoryIdBytes,
    Uint8Array.of(sealedKinds[kind]),
    Buffer.from(objectKey, 'utf8'),
  ]);
}
