import { assertByteRange, type ObjectBody, objectBodyOf } from '../../ports/object-body.ts';
import { assertObjectKey } from '../../ports/object-key.ts';
import {
  objectExists,
  objectHeld,
  objectKeyIsFolder,
  objectNotFound,
  objectRange,
} from '../../ports/object-store-errors.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  ByteRange,
  CreateOptions,
  ObjectInfo,
  ObjectKey,
  ObjectStore,
  Retention,
} from '../../ports/object-store.ts';

export interface MemoryObjectStoreOptions {
  /** For so many days from their commit on points are kept, by this clock. Default: they are not. */
  readonly lock?: { readonly pointDays: number; readonly clock: Pick<Clock, 'now'> };
}

/**
 * An object store that lives as long as it is referenced; for simulations and tests. Every effect
 * happens at once when the method is called, so it is as atomic as the port asks. Rejects a key
 * that is a folder of others, as a store of files must.
 */
export function createMemoryObjectStore({ lock }: MemoryObjectStoreOptions = {}): ObjectStore {
  return new MemoryObjectStore(lock ?? null);
}

class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<ObjectKey, Uint8Array>();
  /** Each folder that holds objects, and how many, those in folders below included. */
  readonly #folders = new Map<string, number>();
  readonly #retainedUntil = new Map<ObjectKey, TimestampMs>();
  readonly #clock: Pick<Clock, 'now'> | null;
  readonly retention: Retention | null;

  constructor(lock: Required<MemoryObjectStoreOptions>['lock'] | null) {
    this.#clock = lock?.clock ?? null;
    this.retention = lock === null ? null : this.#retentionFor(lock.pointDays);
  }

  // Without `async` these would throw where the port promises a rejection.
  /* eslint-disable @typescript-eslint/require-await */

  async create(
    key: ObjectKey,
    body: Uint8Array | readonly Uint8Array[],
    { retainUntil }: CreateOptions = {},
  ): Promise<void> {
    assertObjectKey(key);
    const bytes = concatenate(objectBodyOf(key, body));
    if (this.#objects.has(key)) throw objectExists(key);
    const folders = foldersOf(key);
    if (this.#folders.has(key) || folders.some((folder) => this.#objects.has(folder))) {
      throw objectKeyIsFolder(key);
    }
    this.#objects.set(key, bytes);
    if (retainUntil !== undefined) this.#retainedUntil.set(key, retainUntil);
    for (const folder of folders) this.#folders.set(folder, (this.#folders.get(folder) ?? 0) + 1);
  }

  async get(key: ObjectKey, range?: ByteRange): Promise<Uint8Array> {
    assertObjectKey(key);
    if (range !== undefined) assertByteRange(range);
    const bytes = this.#objects.get(key);
    if (bytes === undefined) throw objectNotFound(key);
    if (range === undefined) return bytes.slice();
    const end = range.offset + range.lengthBytes;
    if (end > bytes.byteLength) throw objectRange(key, range, bytes.byteLength);
    return bytes.slice(range.offset, end);
  }

  async head(key: ObjectKey): Promise<ObjectInfo | null> {
    assertObjectKey(key);
    const bytes = this.#objects.get(key);
    return bytes === undefined ? null : { key, sizeBytes: bytes.byteLength };
  }

  async *list(
    prefix: string,
    options: { readonly after?: ObjectKey } = {},
  ): AsyncGenerator<ObjectInfo> {
    const after = options.after ?? '';
    const keys = this.#objects.keys().filter((key) => key.startsWith(prefix) && key > after);
    for (const key of [...keys].sort()) {
      const bytes = this.#objects.get(key);
      if (bytes !== undefined) yield { key, sizeBytes: bytes.byteLength };
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    assertObjectKey(key);
    const until = this.#retainedUntil.get(key);
    if (until !== undefined && this.#clock !== null && this.#clock.now() < until) {
      throw objectHeld(key, until);
    }
    this.#retainedUntil.delete(key);
    if (!this.#objects.delete(key)) return;
    for (const folder of foldersOf(key)) {
      const left = (this.#folders.get(folder) ?? 0) - 1;
      if (left > 0) this.#folders.set(folder, left);
      else this.#folders.delete(folder);
    }
  }

  #retentionFor(pointDays: number): Retention {
    const requireObject = (key: ObjectKey): void => {
      assertObjectKey(key);
      if (!this.#objects.has(key)) throw objectNotFound(key);
    };
    return {
      pointDays,
      extend: async (key, until) => {
        requireObject(key);
        const before = this.#retainedUntil.get(key) ?? until;
        this.#retainedUntil.set(key, before > until ? before : until);
      },
      heldUntil: async (key) => {
        requireObject(key);
        return this.#retainedUntil.get(key) ?? null;
      },
      // eslint-disable-next-line @typescript-eslint/no-empty-function -- who is refused leaves no trace here
      disturbed: async function* () {},
    };
  }
}

function concatenate({ parts, sizeBytes }: ObjectBody): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** `a` and `a/b` for `a/b/c`: object keys themselves. */
function foldersOf(key: ObjectKey): readonly ObjectKey[] {
  const segments = key.split('/').slice(0, -1);
  return segments.map((_, depth) => segments.slice(0, depth + 1).join('/') as ObjectKey);
}
