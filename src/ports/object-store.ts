import type { Brand, TimestampMs } from '../domain/identifiers.ts';

/**
 * The name of an object: segments of `A-Z a-z 0-9 . _ -` joined by `/`, none empty, none `.` or
 * `..`, none longer than 255 characters (as file systems have it), 512 characters at most.
 *
 * Use no key that is another one up to a `/` (`a` beside `a/b`): a store of files cannot hold
 * both and rejects the second with OBJECT_KEY_INVALID.
 */
export type ObjectKey = Brand<string, 'ObjectKey'>;

export interface ObjectInfo {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
}

export interface ByteRange {
  readonly offset: number;
  readonly lengthBytes: number;
}

export interface CreateOptions {
  /** Nobody can remove the object before. Only where the store has a `retention`; others make it all the same. */
  readonly retainUntil?: TimestampMs;
}

/**
 * Keeping objects from being removed before a date, by anybody: Object Lock of S3.
 */
export interface Retention {
  /** For how many days from its commit on a restore point is kept with all that it needs. */
  readonly pointDays: number;
  /**
   * Keeps an object until then. One that is kept for longer stays so.
   *
   * @throws OBJECT_NOT_FOUND
   */
  extend(key: ObjectKey, until: TimestampMs): Promise<void>;
  /**
   * Until when nobody can remove the object; a time that is over, or null: it can be removed.
   *
   * @throws OBJECT_NOT_FOUND
   */
  heldUntil(key: ObjectKey): Promise<TimestampMs | null>;
  /** Objects below the prefix that somebody has tried to remove or to replace; in the order of their keys. */
  disturbed(prefix: string): AsyncIterable<ObjectKey>;
}

/**
 * Where a repository lives: S3, or a folder.
 *
 * Every object is written once and never changed. All methods may be called at any time, from any
 * number of processes. Strongly consistent: what one call has made or removed, the next one sees.
 *
 * Besides the errors named below every method may reject with STORE_UNAVAILABLE (retryable; the
 * outcome of a write is then unknown).
 */
export interface ObjectStore {
  /**
   * Makes the object from `body` (the concatenation of its parts), whole or not at all, unless it
   * exists. When this resolves the object is durable. The parts may be reused afterwards.
   *
   * @throws OBJECT_EXISTS when the key is taken; whoever came first has won.
   * @throws STORE_FULL when there is no room; nothing visible is left behind.
   * @throws LIMIT_EXCEEDED when the body is larger than `objectMaxBytes`.
   */
  create(
    key: ObjectKey,
    body: Uint8Array | readonly Uint8Array[],
    options?: CreateOptions,
  ): Promise<void>;

  /**
   * The bytes of the object, or of a part of it. They are the caller's, who may change them.
   *
   * `room` is memory that the caller lends for them, at least `pagesFor(range.lengthBytes)` long: a
   * store that can reads into it and gives a view of it (anywhere in it); others give memory of
   * their own. Nothing is written to it once the call has settled.
   *
   * @throws OBJECT_NOT_FOUND
   * @throws OBJECT_RANGE when the object ends before the range does.
   * @throws OBJECT_CORRUPT when the medium cannot give these bytes any more.
   */
  get(key: ObjectKey, range?: ByteRange, room?: Uint8Array): Promise<Uint8Array>;

  /** What is known of the object, or null when there is none. */
  head(key: ObjectKey): Promise<ObjectInfo | null>;

  /**
   * All objects whose keys start with `prefix` (a plain string prefix), in ascending order of
   * their keys (by UTF-16 code units); `after` skips to keys greater than it.
   */
  list(prefix: string, options?: { readonly after?: ObjectKey }): AsyncIterable<ObjectInfo>;

  /**
   * Removes the object; fine when it does not exist.
   *
   * @throws OBJECT_HELD while nobody can remove it; `details.heldUntil` is the time at which that ends
   */
  delete(key: ObjectKey): Promise<void>;

  /** Null where nothing can be kept from being removed, or is not to be. */
  readonly retention: Retention | null;
}

/** Limits that every object store honours. */
export const objectStoreLimits = {
  keyMaxLength: 512,
  /** Between two slashes of a key: the NAME_MAX of common file systems. */
  segmentMaxLength: 255,
  /** One object; a single PUT on S3 takes 5 GiB, ours are far smaller. */
  objectMaxBytes: 256 * 1024 * 1024,
} as const;
