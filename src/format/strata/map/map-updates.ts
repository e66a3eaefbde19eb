import { assert } from '../../../domain/errors/assert.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { MapEntry } from './map-node.ts';

/** What one block is from now on. */
export interface MapUpdate {
  readonly index: BlockIndex;
  readonly entry: MapEntry;
}

/** A stream of updates of which the next one can be looked at. Checks that they ascend. */
export class MapUpdates {
  readonly #pages: AsyncIterator<readonly MapUpdate[]>;
  readonly #blockCount: number;
  #page: readonly MapUpdate[] = [];
  #at = 0;

  constructor(pages: AsyncIterable<readonly MapUpdate[]>, blockCount: number) {
    this.#pages = pages[Symbol.asyncIterator]();
    this.#blockCount = blockCount;
  }

  /** Must be awaited once before anything else. */
  async start(): Promise<void> {
    await this.#fill();
  }

  /** The block of the next update; null when there is none any more. */
  get nextIndex(): BlockIndex | null {
    return this.#page[this.#at]?.index ?? null;
  }

  hasNextBefore(endIndex: number): boolean {
    return (this.nextIndex ?? Infinity) < endIndex;
  }

  /** Takes the next update; there must be one. */
  async take(): Promise<MapUpdate> {
    const update = this.#page[this.#at];
    assert(update !== undefined, 'there is an update to take');
    assert(update.index < this.#blockCount, 'an update is within the volume');
    this.#at += 1;
    if (this.#at === this.#page.length) await this.#fill();
    assert((this.nextIndex ?? Infinity) > update.index, 'updates ascend');
    return update;
  }

  /** Lets the source of the updates end, also when not all of them were taken. */
  async close(): Promise<void> {
    await this.#pages.return?.();
  }

  async #fill(): Promise<void> {
    this.#at = 0;
    for (;;) {
      const next = await this.#pages.next();
      this.#page = next.done === true ? [] : next.value;
      if (next.done === true || next.value.length > 0) return;
    }
  }
}
