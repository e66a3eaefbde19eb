import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId, TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import {
  argon2Bounds,
  type Argon2Parameters,
  slotNonceSizeBytes,
  slotSaltSizeBytes,
  wrappedMasterKeySizeBytes,
} from '../../keys/key-slot.ts';
import { JsonFields } from '../object/json-fields.ts';
import { type Protection, protections } from '../object/protection.ts';
import { corrupt } from '../object/refusals.ts';

/** What the object that makes a place a repository says, in JSON. */
export interface RepositoryHeader {
  readonly version: 1;
  readonly repositoryId: RepositoryId;
  readonly createdAt: TimestampMs;
  readonly protection: Protection;
  /** Features without which the repository must not be read. */
  readonly incompatibleFeatures: readonly string[];
  /** The master key under the passphrase; hexadecimal. */
  readonly slot: Argon2Parameters & {
    readonly salt: string;
    readonly nonce: string;
    readonly wrappedMasterKey: string;
  };
}

/** JSON, the HMAC-SHA-256 of it, and the SHA-256 of both: a line each. */
export function encodeHeader(header: RepositoryHeader, headerKey: Uint8Array): Uint8Array {
  const json = JSON.stringify(header);
  const authenticated = `${json}\n${macOf(json, headerKey)}\n`;
  return Buffer.from(`${authenticated}${sha256Of(authenticated)}\n`);
}

/** A header that is whole, and not authenticated yet: that takes the passphrase. */
export interface ReadHeader {
  readonly header: RepositoryHeader;
  /** @throws OBJECT_CORRUPT when it was changed by somebody without the key */
  readonly authenticate: (headerKey: Uint8Array) => void;
}

/** @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, OBJECT_CORRUPT */
export function readHeader(objectKey: ObjectKey, bytes: Uint8Array): ReadHeader {
  const text = Buffer.from(bytes).toString('utf8');
  const [json = '', mac = ''] = text.split('\n');
  const authenticated = `${json}\n${mac}\n`;
  if (text !== `${authenticated}${sha256Of(authenticated)}\n`) {
    throw corrupt(objectKey, 'the header of the repository does not have its checksum');
  }
  const header = headerOf(JsonFields.parse(json, (reason) => corrupt(objectKey, reason)));
  for (const [name, { min, max }] of Object.entries(argon2Bounds)) {
    const value = header.slot[name as keyof Argon2Parameters];
    if (value < min || value > max) throw corrupt(objectKey, `its ${name} is out of bounds`);
  }
  return {
    header,
    authenticate: (headerKey) => {
      const expected = Buffer.from(macOf(json, headerKey));
      const found = Buffer.from(mac);
      if (found.length === expected.length && timingSafeEqual(found, expected)) return;
      throw corrupt(objectKey, 'the header of the repository is not authentic');
    },
  };
}

function headerOf(fields: JsonFields): RepositoryHeader {
  const version = fields.count('version');
  if (version !== 1) throw tooNew(`version ${version}`);
  const incompatibleFeatures = fields.texts('incompatibleFeatures');
  const [feature] = incompatibleFeatures;
  if (feature !== undefined) throw tooNew(`the feature '${feature}'`);
  const slot = fields.map('slot');
  return {
    version,
    repositoryId: fields.text('repositoryId') as RepositoryId,
    createdAt: fields.count('createdAt') as TimestampMs,
    protection: fields.oneOf('protection', protections),
    incompatibleFeatures,
    slot: {
      memoryKib: slot.count('memoryKib'),
      passes: slot.count('passes'),
      parallelism: slot.count('parallelism'),
      salt: slot.hex('salt', 2 * slotSaltSizeBytes),
      nonce: slot.hex('nonce', 2 * slotNonceSizeBytes),
      wrappedMasterKey: slot.hex('wrappedMasterKey', 2 * wrappedMasterKeySizeBytes),
    },
  };
}

function macOf(json: string, headerKey: Uint8Array): string {
  return createHmac('sha256', headerKey).update(json).digest('hex');
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function tooNew(what: string): SnapledgerError {
  return new SnapledgerError('REPOSITORY_VERSION', `the repository needs ${what}`, {
    remedy: 'Update snapledger: this version does not know that.',
  });
}
