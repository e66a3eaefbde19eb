import { createHash } from 'node:crypto';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { type ImagePlace, objectKeys } from '../object/object-keys.ts';
import { PutQueue } from '../object/put-queue.ts';
import { wrapJson } from '../object/json-object.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { ImageBacking, ImageDescription, ImagePiece, IndexPage } from './image-description.ts';
import { clusterBytes } from './image-geometry.ts';
import { ImageTables } from './image-tables.ts';
import { encodeEntries, type IndexEntry } from './index-entry.ts';
import { PartList } from './part-list.ts';

export interface NewImage {
  /** The session that writes it. */
  readonly sessionId: SessionId;
  readonly name: string;
  readonly sizeBytes: number;
  readonly backing: ImageBacking | null;
}

export interface WrittenImage {
  readonly place: ImagePlace;
  /** All but the parts. */
  readonly bytesWritten: number;
}

/** Entries of a page: 240 KiB, of which a reader holds one for each image of a chain. */
export const pageEntriesMax = 4096;
/** Tables that go into one object: 16 MiB. */
const tablesPerObject = 32;

/** Writes everything of an image but the parts, while its entries come in the order of the disk. */
export class ImageWriter {
  readonly parts = new PartList();
  readonly #context: RepositoryContext;
  readonly #image: NewImage;
  readonly #place: ImagePlace;
  readonly #puts: PutQueue;
  readonly #tables = new ImageTables(this.parts);
  readonly #pages: IndexPage[] = [];
  #page: IndexEntry[] = [];
  #waiting: Uint8Array[] = [];
  readonly #tablePieces: ImagePiece[] = [];
  #bytesWritten = 0;

  constructor(context: RepositoryContext, image: NewImage) {
    this.#context = context;
    this.#image = image;
    this.#place = objectKeys.image(image.sessionId, context.random.uuid());
    this.#puts = new PutQueue(context);
  }

  /** Of a record the part has to be in `parts`. What is absent without a backing image is left out. */
  async add(entry: IndexEntry): Promise<void> {
    if (entry.state === 'absent' && this.#image.backing === null) return;
    for (const table of this.#tables.add(entry)) {
      this.#waiting.push(table);
      if (this.#waiting.length === tablesPerObject) await this.#putTables();
    }
    const last = this.#page.at(-1);
    const joins =
      last !== undefined &&
      last.state !== 'data' &&
      last.state === entry.state &&
      last.first + last.count === entry.first;
    if (joins) {
      this.#page[this.#page.length - 1] = { ...last, count: last.count + entry.count };
      return;
    }
    if (this.#page.length === pageEntriesMax) await this.#putPage();
    this.#page.push(entry);
  }

  /** Durable when this resolves. */
  async finish(): Promise<WrittenImage> {
    const { name, sizeBytes, backing } = this.#image;
    await this.#putPage();
    const { tables, header } = this.#tables.finish({
      sizeBytes,
      backingName: backing?.name ?? null,
    });
    for (const table of tables) {
      this.#waiting.push(table);
      if (this.#waiting.length === tablesPerObject) await this.#putTables();
    }
    await this.#putTables();
    const head = await this.#putPiece(objectKeys.head(this.#place), header);
    const { paddingBytes } = this.parts;
    const padding =
      paddingBytes === 0
        ? []
        : [await this.#putPiece(objectKeys.padding(this.#place), new Uint8Array(paddingBytes))];
    const pieces = [head, ...padding, ...this.#tablePieces];
    const { parts } = this.parts;
    if (this.#context.protection === 'plain') await this.#putPartList(pieces);
    const description: ImageDescription = {
      ...{ name, sizeBytes, backing, parts },
      ...{ pages: this.#pages, pieces },
    };
    const key = objectKeys.description(this.#place);
    await this.#put(key, wrapJson(this.#context.envelope, key, description));
    await this.#puts.settled();
    return { place: this.#place, bytesWritten: this.#bytesWritten };
  }

  /** A line for each object that the image is made of, in their order: for people without snapledger. */
  async #putPartList([head, ...others]: readonly ImagePiece[]): Promise<void> {
    const keys = [head, ...this.parts.parts, ...others].flatMap((object) => object?.key ?? []);
    await this.#put(objectKeys.partList(this.#place), Buffer.from(`${keys.join('\n')}\n`));
  }

  async #putPage(): Promise<void> {
    const [first] = this.#page;
    if (first === undefined) return;
    const key = objectKeys.indexPage(this.#place, this.#pages.length);
    this.#pages.push({ first: first.first, entries: this.#page.length });
    const page = encodeEntries(this.#page);
    this.#page = [];
    await this.#put(key, this.#context.envelope.wrap(key, page));
  }

  async #putTables(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const tables = Buffer.concat(this.#waiting);
    this.#waiting = [];
    const number = this.#tablePieces.length;
    this.#tablePieces.push(await this.#putPiece(objectKeys.tables(this.#place, number), tables));
  }

  async #putPiece(key: ObjectKey, bytes: Uint8Array): Promise<ImagePiece> {
    const { protection, envelope } = this.#context;
    await this.#put(key, protection === 'sealed' ? envelope.wrap(key, bytes) : bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { key, sizeBytes: bytes.length, sha256 };
  }

  async #put(key: ObjectKey, bytes: Uint8Array): Promise<void> {
    this.#bytesWritten += bytes.length;
    await this.#puts.put(key, bytes);
  }
}

/** What the tables of an image have at least: header, L1, refcount table and one block of refcounts. */
export const imageOverheadMinBytes = 4 * clusterBytes;
