import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { assertByteRange, objectBodyOf } from '../../ports/object-body.ts';
import { assertObjectKey } from '../../ports/object-key.ts';
import type { ByteRange, ObjectInfo, ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { createObject, type OpenStore } from './create-object.ts';
import { deleteObject } from './delete-object.ts';
import { DurableFolders } from './durable-folders.ts';
import { hasErrno } from '../../platform/errno.ts';
import { listObjects } from './list-objects.ts';
import { temporaryFolderName } from './object-path.ts';
import { ownIdentity } from '../../platform/process-identity.ts';
import { inspectObject, readObject } from './read-object.ts';
import { toStoreError, withStoreErrors } from './store-error.ts';
import { sweepTemporaryFiles } from './sweep-temporary-files.ts';

export interface FilesystemObjectStoreOptions {
  /** The folder of the objects; made by the first `create`. */
  readonly root: string;
}

export interface FilesystemObjectStore extends ObjectStore {
  /**
   * Removes what creators that have died left unfinished; what a living one writes is left alone.
   *
   * @throws STORE_UNAVAILABLE
   */
  sweep(): Promise<void>;
}

/**
 * An object store in a folder, for any number of processes at once: the object `a/b` is the file
 * `a/b` of the folder.
 *
 * Wants a file system with hard links that tells capital letters from small ones, and one that
 * keeps what fsync(2) was told to keep; Linux or macOS. Temporary files of dead processes are
 * swept here.
 *
 * @throws INVALID_ARGUMENT when `root` is no folder, STORE_UNAVAILABLE
 */
export async function openFilesystemObjectStore(
  options: FilesystemObjectStoreOptions,
): Promise<FilesystemObjectStore> {
  const root = resolve(options.root);
  return await withStoreErrors({ action: 'open the object store', root }, async () => {
    await assertFolderOrAbsent(root);
    const temporaryFolder = join(root, temporaryFolderName);
    const self = ownIdentity();
    await sweepTemporaryFiles(temporaryFolder);
    return new FolderStore({
      root,
      temporaryFolder,
      self,
      durable: new DurableFolders(root),
    });
  });
}

class FolderStore implements FilesystemObjectStore {
  readonly #store: OpenStore;
  /** Who may write to a folder may remove what is in it. */
  readonly retention = null;

  constructor(store: OpenStore) {
    this.#store = store;
  }

  async create(key: ObjectKey, body: Uint8Array | readonly Uint8Array[]): Promise<void> {
    assertObjectKey(key);
    const whole = objectBodyOf(key, body);
    await this.#run(`create object "${key}"`, () => createObject(this.#store, key, whole));
  }

  async get(key: ObjectKey, range?: ByteRange, room?: Uint8Array): Promise<Uint8Array> {
    assertObjectKey(key);
    if (range !== undefined) assertByteRange(range);
    const { root } = this.#store;
    return await this.#run(`read object "${key}"`, () => readObject(root, key, range, room));
  }

  async head(key: ObjectKey): Promise<ObjectInfo | null> {
    assertObjectKey(key);
    return await this.#run(`look at object "${key}"`, () => inspectObject(this.#store.root, key));
  }

  async *list(
    prefix: string,
    options: { readonly after?: ObjectKey } = {},
  ): AsyncGenerator<ObjectInfo> {
    const { root } = this.#store;
    try {
      yield* listObjects(root, { prefix, after: options.after ?? '' });
    } catch (error) {
      throw toStoreError(error, { action: `list objects "${prefix}"`, root });
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    assertObjectKey(key);
    await this.#run(`remove object "${key}"`, () => deleteObject(this.#store, key));
  }

  async sweep(): Promise<void> {
    await this.#run('remove what dead processes left', () =>
      sweepTemporaryFiles(this.#store.temporaryFolder),
    );
  }

  async #run<T>(action: string, work: () => Promise<T>): Promise<T> {
    return await withStoreErrors({ action, root: this.#store.root }, work);
  }
}

async function assertFolderOrAbsent(root: string): Promise<void> {
  try {
    if ((await stat(root)).isDirectory()) return;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    if (!hasErrno(error, 'ENOTDIR')) throw error;
  }
  throw new SnapledgerError('INVALID_ARGUMENT', `${root} is no folder`, {
    remedy: 'Name a folder, or a path at which one can be made.',
    details: { root },
  });
}
