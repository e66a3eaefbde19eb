import type { ObjectKey } from '../../../ports/object-store.ts';
import { objectIfAny } from '../object/json-object.ts';
import { type ImagePlace, objectKeys } from '../object/object-keys.ts';
import { corrupt } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { ImageDescription } from './image-description.ts';
import { decodeEntry, entryCountOf, type IndexEntry } from './index-entry.ts';

export interface IndexedImage {
  readonly place: ImagePlace;
  readonly description: ImageDescription;
}

export type IndexContext = Pick<RepositoryContext, 'objectStore' | 'envelope' | 'indexPages'>;

/**
 * Goes through the entries of an image that begin before `end`, ascending. Holds one page at a time,
 * and reads it when one of its blocks is asked for.
 */
export class IndexCursor {
  readonly #context: IndexContext;
  readonly #image: IndexedImage;
  readonly #end: number;
  #pageNumber: number;
  /** Empty while the page is not read. */
  #page: Uint8Array = new Uint8Array();
  #entryNumber = 0;
  #current: IndexEntry | null = null;

  /** At the first entry that can reach beyond `block`. */
  constructor(context: IndexContext, image: IndexedImage, block: number, end: number) {
    this.#context = context;
    this.#image = image;
    this.#end = end;
    const behind = image.description.pages.findIndex(({ first }) => first > block);
    const before = (behind < 0 ? image.description.pages.length : behind) - 1;
    this.#pageNumber = Math.max(0, before);
  }

  /** Where the next entry begins that reaches beyond what was passed; null: there is none. */
  get nextFirst(): number | null {
    const first = this.#current?.first ?? this.#image.description.pages[this.#pageNumber]?.first;
    return first === undefined || first >= this.#end ? null : first;
  }

  /** The entry at the block that was passed to; null: there is none. */
  get current(): IndexEntry | null {
    return this.#current;
  }

  /** Whether `passTo` would change anything. */
  isBefore(block: number): boolean {
    if (this.#current !== null) return this.#current.first + this.#current.count <= block;
    return this.nextFirst !== null && this.nextFirst <= block;
  }

  /**
   * Goes on to the first entry that reaches beyond `block`.
   *
   * @throws OBJECT_CORRUPT, whose `details.endBlock` is the first block that the damage does not hurt
   */
  async passTo(block: number): Promise<void> {
    while (this.isBefore(block)) {
      if (this.#current === null) await this.#openPage();
      else if (this.#entryNumber + 1 < entryCountOf(this.#page)) {
        this.#openEntry(this.#entryNumber + 1);
      } else {
        this.#pageNumber += 1;
        this.#current = null;
      }
    }
  }

  get #pageKey(): ObjectKey {
    return objectKeys.indexPage(this.#image.place, this.#pageNumber);
  }

  async #openPage(): Promise<void> {
    const { objectStore, envelope, indexPages } = this.#context;
    const key = this.#pageKey;
    let page = indexPages.get(key);
    if (page === undefined) {
      const bytes = await objectIfAny(objectStore, key);
      if (bytes === null) throw this.#damage('the object is gone');
      try {
        page = envelope.unwrap(key, bytes);
      } catch {
        throw this.#damage('it is not authentic');
      }
      indexPages.set(key, page, page.length);
    }
    this.#page = page;
    if (entryCountOf(page) !== this.#image.description.pages[this.#pageNumber]?.entries) {
      throw this.#damage('it has another length');
    }
    this.#openEntry(0);
  }

  #openEntry(number: number): void {
    this.#entryNumber = number;
    const entry = decodeEntry(this.#page, number, (reason) => this.#damage(reason));
    const isCut = entry.state !== 'data' && entry.first + entry.count > this.#end;
    this.#current = isCut ? { ...entry, count: Math.max(1, this.#end - entry.first) } : entry;
  }

  #damage(reason: string): Error {
    const next = this.#image.description.pages[this.#pageNumber + 1];
    return corrupt(this.#pageKey, reason, { endBlock: next?.first ?? this.#end });
  }
}
