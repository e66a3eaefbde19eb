import { createHmac, scryptSync, timingSafeEqual } from 'node:crypto';
import {
  type ObjectStore,
  type RandomSource,
  type RepositoryId,
  type RepositorySecret,
  SnapledgerError,
} from '../../src/format.ts';
import { createOnce, plainKeys, readObject } from './plain-objects.ts';

interface PlainHeader {
  readonly version: 1;
  readonly id: RepositoryId;
  readonly salt: string;
  /** Tells a wrong passphrase from the right one. */
  readonly check: string;
}

/** What an opened repository derives its secrets from. The points are not encrypted with it. */
export interface PlainSecret {
  readonly id: RepositoryId;
  /** 32 bytes, other ones for each label, and always the same. */
  readonly derive: (label: string) => Uint8Array;
}

/** @throws REPOSITORY_EXISTS */
export async function createSecret(
  objectStore: ObjectStore,
  secret: RepositorySecret,
  random: RandomSource,
): Promise<PlainSecret> {
  const id = random.uuid() as RepositoryId;
  const salt = Buffer.from(random.bytes(16)).toString('hex');
  const made = secretOf(id, secret, salt);
  const check = Buffer.from(made.derive('check')).toString('hex');
  const header: PlainHeader = { version: 1, id, salt, check };
  if ((await createOnce(objectStore, plainKeys.header, header)) === 'created') return made;
  throw new SnapledgerError('REPOSITORY_EXISTS', 'there is a plain repository already');
}

/** @throws OBJECT_CORRUPT */
export async function plainRepositoryIn(objectStore: ObjectStore): Promise<RepositoryId | null> {
  return (await readObject<PlainHeader>(objectStore, plainKeys.header))?.id ?? null;
}

/** @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE, OBJECT_CORRUPT */
export async function openSecret(
  objectStore: ObjectStore,
  secret: RepositorySecret,
): Promise<PlainSecret> {
  const header = await readObject<PlainHeader>(objectStore, plainKeys.header);
  if (header === null) {
    throw new SnapledgerError('NOT_A_REPOSITORY', 'there is no plain repository');
  }
  const version: number = header.version;
  if (version !== 1) {
    throw new SnapledgerError('REPOSITORY_VERSION', `the repository has version ${version}`);
  }
  const opened = secretOf(header.id, secret, header.salt);
  if (timingSafeEqual(opened.derive('check'), Buffer.from(header.check, 'hex'))) return opened;
  throw new SnapledgerError('WRONG_PASSPHRASE', 'the passphrase is another one');
}

function secretOf(id: RepositoryId, { passphrase }: RepositorySecret, salt: string): PlainSecret {
  const root = scryptSync(passphrase.normalize('NFC'), Buffer.from(salt, 'hex'), 32);
  return { id, derive: (label) => createHmac('sha256', root).update(`${id}/${label}`).digest() };
}
