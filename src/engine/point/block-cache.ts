/** Decoded blocks that are kept: 32 MiB, whatever is read. */
const blocksMax = 64;

/**
 * The blocks that were read last. Whoever asks for one that is being read waits for that reading.
 * What failed is not kept: it is tried again.
 */
export class BlockCache {
  readonly #blocks = new Map<string, Promise<Uint8Array>>();

  get(name: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#blocks.get(name);
    if (known !== undefined) {
      // The newest is the last.
      this.#blocks.delete(name);
      this.#blocks.set(name, known);
      return known;
    }
    const reading = read();
    this.#blocks.set(name, reading);
    reading.catch(() => {
      if (this.#blocks.get(name) === reading) this.#blocks.delete(name);
    });
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= blocksMax) break;
      this.#blocks.delete(oldest);
    }
    return reading;
  }
}
