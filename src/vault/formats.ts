import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { problemOfDescription } from '../format/format-description.ts';
import type { AskFormats, FormatPlug } from '../format/format-plug.ts';
import type { Repository } from '../format/repository.ts';
import type { RepositoryOptions } from '../format/repository-options.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import { strataFormat } from '../format/strata/strata-format.ts';
import type { Ec2Choice, S3RepositoryChoice } from './vault-options.ts';

/** A format that is known by its name. */
export interface KnownFormat {
  readonly format: StorageFormat;
  /** Null for the formats of the package, which every worker has. */
  readonly workerModule: URL | null;
}

/** What a vault is made in when nothing else is asked for. */
export const nativeFormat: KnownFormat = { format: strataFormat, workerModule: null };

/** Those that the package has besides; not loaded where nobody asks for them. */
async function otherOwnFormats(): Promise<readonly KnownFormat[]> {
  const { qcow2Format, qcow2PlainFormat } = await import('../format/qcow2/qcow2-format.ts');
  return [qcow2Format, qcow2PlainFormat].map((format) => ({ format, workerModule: null }));
}

export const noFormats: AskFormats = () => Promise.resolve([]);

/**
 * The format of this name: one of the package's own, or one that is plugged in.
 *
 * @throws UNKNOWN_FORMAT, and INVALID_ARGUMENT for plugs that cannot be
 */
export async function formatNamed(name: string, ask: AskFormats): Promise<KnownFormat> {
  if (name === nativeFormat.format.name) return nativeFormat;
  const own = await otherOwnFormats();
  const isIt = ({ format }: KnownFormat): boolean => format.name === name;
  const found = own.find(isIt);
  if (found !== undefined) return found;
  const plugs = await checkedFormats(ask);
  const plugged = plugs.find(isIt);
  if (plugged !== undefined) return plugged;
  throw unknownFormat(`the storage format '${name}' is not plugged in`, [...own, ...plugs]);
}

/**
 * The format of the repository that is in a store, known by its header object.
 *
 * @returns the native format when there is none, so that it says so
 */
export async function formatIn(
  objectStore: RepositoryOptions['objectStore'],
  ask: AskFormats,
): Promise<KnownFormat> {
  const isThere = async ({ format }: KnownFormat): Promise<boolean> =>
    (await objectStore.head(format.headerKey)) !== null;
  if (await isThere(nativeFormat)) return nativeFormat;
  for (const own of await otherOwnFormats()) if (await isThere(own)) return own;
  for (const plug of await checkedFormats(ask)) if (await isThere(plug)) return plug;
  return nativeFormat;
}

/**
 * The format with this name, of which the repository in a store has to be.
 *
 * @throws UNKNOWN_FORMAT; NOT_A_REPOSITORY for a repository of another format
 */
export async function formatNamedIn(
  objectStore: RepositoryOptions['objectStore'],
  name: string,
  ask: AskFormats,
): Promise<KnownFormat> {
  const known = await formatNamed(name, ask);
  if ((await objectStore.head(known.format.headerKey)) !== null) return known;
  const found = await formatIn(objectStore, ask);
  if (found.format.name === name || (await objectStore.head(found.format.headerKey)) === null) {
    return known;
  }
  throw new SnapledgerError(
    'NOT_A_REPOSITORY',
    `the vault is of the storage format '${name}', and this repository of '${found.format.name}'`,
    { remedy: 'Bring back its own repository, and find out who put this one there.' },
  );
}

/** @throws INVALID_ARGUMENT for a format that does not encrypt, unless that is accepted */
export function refuseUnencrypted(
  { name, traits }: StorageFormat,
  { unencrypted }: { readonly unencrypted?: 'accept' },
): void {
  if (traits.encryption === 'always' || unencrypted === 'accept') return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the storage format '${name}' does not encrypt: whoever reads the repository reads the disks`,
    { remedy: "Choose another format, or accept it with '--unencrypted'." },
  );
}

/** @throws INVALID_ARGUMENT for a format that locks nothing, when points are to be locked */
export function refuseUnlockable(
  { name, traits }: StorageFormat,
  { repository }: { readonly repository?: string | S3RepositoryChoice },
): void {
  const isAsked = typeof repository === 'object' && repository.lockDays !== undefined;
  if (traits.locking === 'points' || !isAsked) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the storage format '${name}' cannot keep restore points from being removed`,
    { remedy: "Choose another format, or leave '--lock' out." },
  );
}

/** Opens whatever repository is in a store. @throws as `StorageFormat.openRepository` */
export async function openRepositoryIn(
  options: RepositoryOptions,
  ask: AskFormats,
): Promise<Repository> {
  const { format } = await formatIn(options.objectStore, ask);
  return await format.openRepository(options);
}

/** @throws INVALID_ARGUMENT for workers on EC2, when they do not know the format */
export function refuseWorkersOnEc2(
  { format, workerModule }: KnownFormat,
  cloud: Ec2Choice | undefined,
): void {
  if (cloud?.worker === undefined || workerModule === null) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `workers on EC2 do not know the storage format '${format.name}'`,
    { remedy: `Use '${nativeFormat.format.name}' there, or leave the workers out.` },
  );
}

/** @throws INVALID_ARGUMENT for a plug that cannot be, and for two of one name */
async function checkedFormats(ask: AskFormats): Promise<readonly FormatPlug[]> {
  const plugs = await ask();
  const own = [nativeFormat, ...(await otherOwnFormats())];
  const names = new Set(own.map(({ format }) => format.name));
  for (const { format, workerModule } of plugs) {
    const problem = problemOfDescription(format) ?? problemOfModule(workerModule);
    if (problem !== null) throw unusable(format.name, problem);
    if (names.has(format.name)) throw unusable(format.name, 'there is another one of this name');
    names.add(format.name);
  }
  return plugs;
}

function problemOfModule({ protocol, href }: URL): string | null {
  return protocol === 'file:' ? null : `its workerModule ${href} is no file`;
}

function unusable(name: string, problem: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the storage format '${name}' cannot be plugged in: ${problem}`,
    { remedy: 'Change its plug; docs/formats.md says what it looks like.' },
  );
}

function unknownFormat(message: string, others: readonly KnownFormat[]): SnapledgerError {
  const known = [nativeFormat, ...others].map(({ format }) => format.name).join(', ');
  return new SnapledgerError('UNKNOWN_FORMAT', `${message}; known: ${known}`, {
    remedy: 'Name its module in SNAPLEDGER_FORMATS, or give its plug in the option formats.',
  });
}
