import { clusterBytes, refcountsPerBlock } from './image-geometry.ts';

const startClusters = 1024;

/** How often each cluster of an image is used: two bytes for each 512 KiB of what is stored. */
export class Refcounts {
  #counts = new Uint16Array(startClusters);

  /** Of all clusters that a record touches, which share them. */
  useRange(offset: number, lengthBytes: number): void {
    const last = Math.floor((offset + lengthBytes - 1) / clusterBytes);
    for (let cluster = Math.floor(offset / clusterBytes); cluster <= last; cluster += 1) {
      this.#use(cluster);
    }
  }

  /** From cluster `first` to before `end`, each once. */
  useClusters(first: number, end: number): void {
    for (let cluster = first; cluster < end; cluster += 1) this.#use(cluster);
  }

  /** The blocks of counts for the first `clusters` clusters. */
  *blocks(clusters: number): Generator<Uint8Array> {
    for (let first = 0; first < clusters; first += refcountsPerBlock) {
      const block = Buffer.alloc(clusterBytes);
      const end = Math.min(first + refcountsPerBlock, this.#counts.length);
      for (let cluster = first; cluster < end; cluster += 1) {
        block.writeUInt16BE(this.#counts[cluster] ?? 0, (cluster - first) * 2);
      }
      yield block;
    }
  }

  #use(cluster: number): void {
    if (cluster >= this.#counts.length) {
      const grown = new Uint16Array(Math.max(cluster + 1, this.#counts.length * 2));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#counts[cluster] = (this.#counts[cluster] ?? 0) + 1;
  }
}
