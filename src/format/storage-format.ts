import type { RepositoryId } from '../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts';
import type { FormatDescription } from './format-description.ts';
import type { KeySlots } from './key-slots.ts';
import type { Repository } from './repository.ts';
import type { RepositoryOptions } from './repository-options.ts';
import type { PreparedTransfer } from './transfer.ts';

/**
 * The plug for storage formats: how restore points are kept in an object store.
 *
 * Work is split in three. The *engine* holds the repository's secret: it registers a session,
 * writes the transfer plan, and commits the restore point. A *worker* holds only what
 * `grantTransfer` gave it: it reads the plan, writes the data and posts one segment after the
 * other. *Readers* (restore, verify) hold the secret again. All three meet only in the object
 * store.
 *
 * docs/formats.md says what a format has to keep to besides the types, and how one is plugged in.
 */
export interface StorageFormat extends FormatDescription {
  /**
   * The object that makes a place a repository of this format: `createRepository` creates it last, and
   * no other format has one of this name.
   */
  readonly headerKey: ObjectKey;
  /** @throws REPOSITORY_EXISTS */
  createRepository(options: RepositoryOptions): Promise<Repository>;
  /** @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE, OBJECT_CORRUPT */
  openRepository(options: RepositoryOptions): Promise<Repository>;
  /**
   * Which repository is in a store, read from its header without a key; null when there is none. A vault takes no
   * other in the place of its own.
   *
   * @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, OBJECT_CORRUPT
   */
  identify(objectStore: ObjectStore): Promise<RepositoryId | null>;
  /** Changing who can open a repository; null when a repository has one secret for ever, or none. */
  readonly keySlots: KeySlots | null;
  /**
   * The worker's side. Called as soon as a worker has started, so that modules and threads are ready
   * when its job comes; a format that has nothing of the kind does everything in `open`.
   *
   * @param options.threads encoder threads; default: one for each processor
   * @throws INVALID_ARGUMENT when that is no number of threads
   */
  prepareTransfer(options?: { readonly threads?: number }): PreparedTransfer;
}
