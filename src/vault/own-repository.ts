import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { RepositoryId, TimestampMs } from '../domain/identifiers.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  ByteRange,
  CreateOptions,
  ObjectInfo,
  ObjectKey,
  ObjectStore,
  Retention,
} from '../ports/object-store.ts';

/** A disk can be exchanged for another one while a program runs: each look is one small read. */
const lookAgainAfterMs = 60_000;

export interface OwnRepository {
  readonly format: Pick<StorageFormat, 'name' | 'identify'>;
  /** Null when the vault was made before its marker named it: then any is taken. */
  readonly repositoryId: RepositoryId | null;
  readonly clock: Clock;
}

/**
 * The store of a vault's repository, and of no other that stands in its place: the same passphrase may
 * open that too, everything that the ledger tells of would seem to be gone, and what is recorded from
 * then on would be sealed with keys that the own one does not have.
 *
 * Every method looks first, when that was a while ago, and throws REPOSITORY_EXCHANGED, or
 * NOT_A_REPOSITORY when there is none at all.
 */
export function ownRepositoryStore(objectStore: ObjectStore, own: OwnRepository): ObjectStore {
  return own.repositoryId === null ? objectStore : new OwnRepositoryStore(objectStore, own);
}

class OwnRepositoryStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #own: OwnRepository;
  /** The last look that found it, or the one under way. */
  #look: { readonly at: TimestampMs; readonly done: Promise<void> } | null = null;

  constructor(inner: ObjectStore, own: OwnRepository) {
    this.#inner = inner;
    this.#own = own;
  }

  /** Prolonging hurts nobody, in whatever repository. */
  get retention(): Retention | null {
    return this.#inner.retention;
  }

  async create(
    key: ObjectKey,
    body: Uint8Array | readonly Uint8Array[],
    options?: CreateOptions,
  ): Promise<void> {
    await this.#expectOwn();
    await this.#inner.create(key, body, options);
  }

  async get(key: ObjectKey, range?: ByteRange, room?: Uint8Array): Promise<Uint8Array> {
    await this.#expectOwn();
    return await this.#inner.get(key, range, room);
  }

  async head(key: ObjectKey): Promise<ObjectInfo | null> {
    await this.#expectOwn();
    return await this.#inner.head(key);
  }

  async *list(
    prefix: string,
    options?: { readonly after?: ObjectKey },
  ): AsyncGenerator<ObjectInfo, void> {
    await this.#expectOwn();
    yield* this.#inner.list(prefix, options);
  }

  async delete(key: ObjectKey): Promise<void> {
    await this.#expectOwn();
    await this.#inner.delete(key);
  }

  #expectOwn(): Promise<void> {
    const now = this.#own.clock.now();
    // A clock that was put back is no reason to look no more.
    if (this.#look !== null && Math.abs(now - this.#look.at) < lookAgainAfterMs) {
      return this.#look.done;
    }
    const look = { at: now, done: this.#lookThere() };
    this.#look = look;
    look.done.catch(() => {
      if (this.#look === look) this.#look = null;
    });
    return look.done;
  }

  async #lookThere(): Promise<void> {
    const { format, repositoryId } = this.#own;
    const found = await format.identify(this.#inner);
    if (found === repositoryId) return;
    if (found === null) {
      throw new SnapledgerError(
        'NOT_A_REPOSITORY',
        `in the place of this vault's repository there is none of the format '${format.name}'`,
        { remedy: "Bring it back (is its disk mounted?), or correct its place in 'vault.json'." },
      );
    }
    throw new SnapledgerError(
      'REPOSITORY_EXCHANGED',
      `the repository of this vault is ${String(repositoryId)}, and in its place there is another one, ${found}`,
      {
        remedy:
          "Bring back its own, or correct its place in 'vault.json'. To go on with the other one, make a vault of it: 'snapledger recover --repository PLACE --vault DIR'.",
        details: { own: String(repositoryId), found },
      },
    );
  }
}
