import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId, TimestampMs } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import type { KeySlot } from '../keys/key-slot.ts';
import {
  argon2Bounds,
  slotNonceSizeBytes,
  slotSaltSizeBytes,
  wrappedMasterKeySizeBytes,
} from '../keys/key-slot.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { headerObjectKey } from '../object/object-keys.ts';

/** What the object `strata` says about the repository. */
export interface RepositoryHeader {
  readonly repositoryId: RepositoryId;
  readonly createdAt: TimestampMs;
  /** Each opens the repository. */
  readonly slots: readonly KeySlot[];
}

export const strataVersion = 1;
const magic = Buffer.from('STRATA', 'ascii');
const prefixSizeBytes = 8;
const macSizeBytes = 32;
const digestSizeBytes = 32;
const overheadSizeBytes = prefixSizeBytes + macSizeBytes + digestSizeBytes;
const headerMaxSizeBytes = 64 * 1024;
const slotsMax = 16;
const featuresMax = 64;

/** Features without which a repository that has them must not be read; this version knows none. */
const knownIncompatibleFeatures: ReadonlySet<string> = new Set();

const location = { objectKey: headerObjectKey };

/** Magic, version, msgpack, HMAC under K_header, SHA-256 of all before. */
export function encodeHeader(header: RepositoryHeader, headerKey: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(prefixSizeBytes);
  prefix.set(magic);
  prefix[6] = strataVersion;
  const content = encodeMsgpack({
    repositoryId: header.repositoryId,
    createdAt: header.createdAt,
    incompatibleFeatures: [],
    compatibleFeatures: [],
    slots: header.slots.map(({ argon2, salt, nonce, wrappedMasterKey }) => {
      return { kind: 'passphrase', kdf: 'argon2id', ...argon2, salt, nonce, wrappedMasterKey };
    }),
  });
  const mac = createHmac('sha256', headerKey).update(prefix).update(content).digest();
  const authenticated = Buffer.concat([prefix, content, mac]);
  return Buffer.concat([authenticated, hash('sha256', authenticated, 'buffer')]);
}

/** A header that is whole, but not authenticated yet: that takes a key out of one of its slots. */
export interface ReadHeader extends RepositoryHeader {
  /** @throws OBJECT_CORRUPT when the header was changed by somebody without the key. */
  readonly authenticate: (headerKey: Uint8Array) => void;
}

/**
 * Reads a header. The digest at its end is there in every version, so that damage is told from a
 * version that is too new and from a wrong passphrase.
 *
 * @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, OBJECT_CORRUPT
 */
export function readHeader(bytes: Uint8Array): ReadHeader {
  const isOurs = magic.equals(bytes.subarray(0, magic.length));
  const digestOffset = bytes.length - digestSizeBytes;
  if (bytes.length < overheadSizeBytes || bytes.length > headerMaxSizeBytes) {
    throw isOurs ? objectCorrupt(location, 'it does not have the size of a header') : notOurs();
  }
  const digest = hash('sha256', bytes.subarray(0, digestOffset), 'buffer');
  if (!timingSafeEqual(digest, bytes.subarray(digestOffset))) {
    throw objectCorrupt(location, 'the header of the repository does not have its checksum');
  }
  if (!isOurs) throw notOurs();
  const version = bytes[magic.length];
  if (version !== strataVersion) throw tooNew(`strata version ${version ?? 'unknown'}`);
  const macOffset = digestOffset - macSizeBytes;
  const header = readContent(bytes.subarray(prefixSizeBytes, macOffset));
  return {
    ...header,
    authenticate: (headerKey) => {
      const mac = createHmac('sha256', headerKey).update(bytes.subarray(0, macOffset)).digest();
      if (timingSafeEqual(mac, bytes.subarray(macOffset, digestOffset))) return;
      throw objectCorrupt(location, 'the header of the repository is not authentic');
    },
  };
}

function readContent(content: Uint8Array): RepositoryHeader {
  const fields = StoredFields.decode(content, location);
  const unknownFeature = fields
    .texts('incompatibleFeatures', featuresMax)
    .find((feature) => !knownIncompatibleFeatures.has(feature));
  if (unknownFeature !== undefined) throw tooNew(`the feature "${unknownFeature}"`);
  fields.texts('compatibleFeatures', featuresMax);
  const slots = fields.maps('slots', slotsMax).map(readSlot);
  if (slots.length === 0) throw fields.refuse('slots', 'is empty');
  return {
    repositoryId: fields.uuid('repositoryId') as RepositoryId,
    createdAt: fields.count('createdAt') as TimestampMs,
    slots,
  };
}

function readSlot(fields: StoredFields): KeySlot {
  fields.oneOf('kind', ['passphrase']);
  fields.oneOf('kdf', ['argon2id']);
  return {
    argon2: {
      memoryKib: fields.count('memoryKib', argon2Bounds.memoryKib),
      passes: fields.count('passes', argon2Bounds.passes),
      parallelism: fields.count('parallelism', argon2Bounds.parallelism),
    },
    salt: fields.bytes('salt', slotSaltSizeBytes),
    nonce: fields.bytes('nonce', slotNonceSizeBytes),
    wrappedMasterKey: fields.bytes('wrappedMasterKey', wrappedMasterKeySizeBytes),
  };
}

function notOurs(): SnapledgerError {
  return new SnapledgerError('NOT_A_REPOSITORY', 'the object "strata" is not a header of strata', {
    remedy: 'Check that this is the right bucket, folder and prefix.',
  });
}

function tooNew(what: string): SnapledgerError {
  return new SnapledgerError('REPOSITORY_VERSION', `the repository needs ${what}`, {
    remedy: 'Update snapledger: this version reads strata 1 without further features.',
  });
}
