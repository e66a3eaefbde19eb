import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId, TimestampMs } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import type { KeySlot } from '../../keys/key-slot.ts';
import {
  encodeFrame,
  frameContentOf,
  frameMaxSizeBytes,
  frameOverheadBytes,
  frameVersionOf,
  hasFrameDigest,
  isFrameAuthentic,
} from '../object/authenticated-frame.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { headerObjectKey } from '../object/object-keys.ts';
import { readPassphraseSlot } from '../slots/slot-fields.ts';

/** What the object `strata` says about the repository. */
export interface RepositoryHeader {
  readonly repositoryId: RepositoryId;
  readonly createdAt: TimestampMs;
}

export const strataVersion = 1;
const magic = 'STRATA';
const slotsMax = 16;
const featuresMax = 64;

/** The key slots are in tables of their own, none in the header. */
const slotTablesFeature = 'slot-tables';
/** What a point refers to may have been moved since it was made. */
export const relocationsFeature = 'relocations';
/** Features without which a repository that has them must not be read. */
const knownIncompatibleFeatures: ReadonlySet<string> = new Set([
  slotTablesFeature,
  relocationsFeature,
]);

const location = { objectKey: headerObjectKey };

/** Magic, version, msgpack, HMAC under K_header, SHA-256 of all before. */
export function encodeHeader(header: RepositoryHeader, headerKey: Uint8Array): Uint8Array {
  const content = encodeMsgpack({
    repositoryId: header.repositoryId,
    createdAt: header.createdAt,
    incompatibleFeatures: [slotTablesFeature, relocationsFeature],
    compatibleFeatures: [],
    slots: [],
  });
  return encodeFrame(magic, strataVersion, content, headerKey);
}

/** A header that is whole, but not authenticated yet: that takes a key out of a slot. */
export interface ReadHeader extends RepositoryHeader {
  /** Where its key slots are: in tables, or, of older repositories without a table, here. */
  readonly slotPlace: 'tables' | 'header';
  readonly incompatibleFeatures: readonly string[];
  /** Empty when they are in tables. */
  readonly slots: readonly KeySlot[];
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
  const isOurs = Buffer.from(magic, 'ascii').equals(bytes.subarray(0, magic.length));
  if (bytes.length < frameOverheadBytes || bytes.length > frameMaxSizeBytes) {
    throw isOurs ? objectCorrupt(location, 'it does not have the size of a header') : notOurs();
  }
  if (!hasFrameDigest(bytes)) {
    throw objectCorrupt(location, 'the header of the repository does not have its checksum');
  }
  if (!isOurs) throw notOurs();
  const version = frameVersionOf(bytes);
  if (version !== strataVersion) throw tooNew(`strata version ${version}`);
  return {
    ...readContent(frameContentOf(bytes)),
    authenticate: (headerKey) => {
      if (isFrameAuthentic(bytes, headerKey)) return;
      throw objectCorrupt(location, 'the header of the repository is not authentic');
    },
  };
}

function readContent(content: Uint8Array): Omit<ReadHeader, 'authenticate'> {
  const fields = StoredFields.decode(content, location);
  const features = readFeatures(fields, knownIncompatibleFeatures);
  const slotPlace = features.includes(slotTablesFeature) ? 'tables' : 'header';
  const slots = fields.maps('slots', slotsMax).map(readPassphraseSlot);
  if (slotPlace === 'header' && slots.length === 0) throw fields.refuse('slots', 'is empty');
  if (slotPlace === 'tables' && slots.length > 0) throw fields.refuse('slots', 'is not empty');
  return {
    repositoryId: fields.uuid('repositoryId') as RepositoryId,
    createdAt: fields.count('createdAt') as TimestampMs,
    slotPlace,
    incompatibleFeatures: features,
    slots,
  };
}

/**
 * The incompatible features of an object that lists them.
 *
 * @throws REPOSITORY_VERSION when one of them is not known, OBJECT_CORRUPT
 */
export function readFeatures(fields: StoredFields, known: ReadonlySet<string>): readonly string[] {
  const features = fields.texts('incompatibleFeatures', featuresMax);
  const unknownFeature = features.find((feature) => !known.has(feature));
  if (unknownFeature !== undefined) throw tooNew(`the feature "${unknownFeature}"`);
  fields.texts('compatibleFeatures', featuresMax);
  return features;
}

function notOurs(): SnapledgerError {
  return new SnapledgerError('NOT_A_REPOSITORY', 'the object "strata" is not a header of strata', {
    remedy: 'Check that this is the right bucket, folder and prefix.',
  });
}

/** The error for what a newer program has written. */
export function tooNew(what: string): SnapledgerError {
  return new SnapledgerError('REPOSITORY_VERSION', `the repository needs ${what}`, {
    remedy: 'Update snapledger: this version does not know that.',
  });
}
