import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import {
  type Argon2Parameters,
  newPassphraseSecret,
  slotSecretOf,
  unwrapMasterKey,
  wrapMasterKey,
} from '../../keys/key-slot.ts';
import { keySizeBytes } from '../../keys/key-size.ts';
import type { RepositoryOptions } from '../../repository-options.ts';
import { objectIfAny } from '../object/json-object.ts';
import type { Protection } from '../object/protection.ts';
import { corrupt } from '../object/refusals.ts';
import { encodeHeader, readHeader, type RepositoryHeader } from './repository-header.ts';
import { deriveKey, deriveRepositoryKeys, type RepositoryKeys } from './repository-keys.ts';

export interface Unlocked {
  readonly repositoryId: RepositoryId;
  readonly keys: RepositoryKeys;
}

export interface NewHeader {
  readonly headerKey: ObjectKey;
  readonly protection: Protection;
  readonly hardness: Argon2Parameters;
}

const slotLabel = 'snapledger/qcow2/1/key-slot';

/** Makes a new repository: its header is all there is of it. @throws REPOSITORY_EXISTS, INVALID_ARGUMENT */
export async function createHeader(
  { objectStore, secret, random, clock }: RepositoryOptions,
  { headerKey, protection, hardness }: NewHeader,
): Promise<Unlocked> {
  const repositoryId = random.uuid() as RepositoryId;
  const masterKey = random.bytes(keySizeBytes);
  const { salt, nonce, wrappedMasterKey } = await wrapMasterKey(
    masterKey,
    newPassphraseSecret(secret.passphrase),
    { random, hardness },
    () => slotAad(repositoryId),
  );
  const header: RepositoryHeader = {
    version: 1,
    repositoryId,
    createdAt: clock.now(),
    protection,
    incompatibleFeatures: [],
    slot: {
      ...hardness,
      salt: hex(salt),
      nonce: hex(nonce),
      wrappedMasterKey: hex(wrappedMasterKey),
    },
  };
  const bytes = encodeHeader(header, deriveKey(masterKey, repositoryId, 'header'));
  try {
    await objectStore.create(headerKey, bytes);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    // It may be our own: a store that repeats a request whose answer was lost meets its own success.
    if (Buffer.compare(await objectStore.get(headerKey), bytes) !== 0) throw exists(error);
  }
  const keys = deriveRepositoryKeys(masterKey, repositoryId);
  masterKey.fill(0);
  return { repositoryId, keys };
}

/** @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE, OBJECT_CORRUPT */
export async function unlock(
  { objectStore, secret }: Pick<RepositoryOptions, 'objectStore' | 'secret'>,
  { headerKey, protection }: Omit<NewHeader, 'hardness'>,
): Promise<Unlocked> {
  const bytes = await objectIfAny(objectStore, headerKey);
  if (bytes === null) throw notThere(headerKey);
  const { header, authenticate } = readHeader(headerKey, bytes);
  const { repositoryId, slot } = header;
  if (header.protection !== protection) {
    throw corrupt(headerKey, `it says that the repository is ${header.protection}`);
  }
  const masterKey = await unwrapMasterKey(
    {
      lock: { kind: 'passphrase', argon2: slot },
      salt: Buffer.from(slot.salt, 'hex'),
      nonce: Buffer.from(slot.nonce, 'hex'),
      wrappedMasterKey: Buffer.from(slot.wrappedMasterKey, 'hex'),
    },
    slotSecretOf(secret),
    slotAad(repositoryId),
  );
  if (masterKey === null) {
    throw new SnapledgerError('WRONG_PASSPHRASE', 'this passphrase does not open the repository', {
      remedy: 'Type it again; nobody can open the repository without it.',
    });
  }
  authenticate(deriveKey(masterKey, repositoryId, 'header'));
  const keys = deriveRepositoryKeys(masterKey, repositoryId);
  masterKey.fill(0);
  return { repositoryId, keys };
}

/** Without a key, and so not authenticated. @throws REPOSITORY_VERSION, OBJECT_CORRUPT */
export async function identify(
  objectStore: ObjectStore,
  headerKey: ObjectKey,
): Promise<RepositoryId | null> {
  const bytes = await objectIfAny(objectStore, headerKey);
  return bytes === null ? null : readHeader(headerKey, bytes).header.repositoryId;
}

function slotAad(repositoryId: RepositoryId): Uint8Array {
  return Buffer.from(`${slotLabel}/${repositoryId}`, 'utf8');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function exists(cause: unknown): SnapledgerError {
  return new SnapledgerError('REPOSITORY_EXISTS', 'there is a repository here already', {
    cause,
    remedy: 'Open it, or choose an empty place for the new one.',
  });
}

function notThere(headerKey: ObjectKey): SnapledgerError {
  return new SnapledgerError('NOT_A_REPOSITORY', `there is no object '${headerKey}'`, {
    remedy: 'Check that this is the right bucket, folder and prefix.',
  });
}
