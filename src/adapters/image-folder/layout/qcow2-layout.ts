import { blockCountOf, blockSizeBytes } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { ImageLayout } from './image-layout.ts';

/** A cluster is a block: 2^19 bytes. */
const clusterBits = 19;
const clusterBytes = blockSizeBytes;
const entriesPerTable = clusterBytes / 8;
/** Refcounts have 16 bits. */
const refcountsPerBlock = clusterBytes / 2;
const headerBytes = 104;
/** An entry whose cluster is used once; the rest of it is where the cluster is. */
const copied = 1n << 63n;

/**
 * A qcow2 image, version 3, not compressed, with clusters of 512 KiB: header, L1 table, L2 tables,
 * refcount table, refcount blocks, and then the blocks of the disk in the order in which they come.
 * Those that never come are not allocated. Keeps 4 bytes for each block of the disk, in pieces for
 * 32 GiB of it.
 * Source: https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt
 *
 * @throws INVALID_ARGUMENT for a size that is not in whole sectors
 */
export function qcow2Layout(sizeBytes: number): ImageLayout {
  if (sizeBytes % 512 !== 0) {
    throw new SnapledgerError('INVALID_ARGUMENT', 'a qcow2 image has whole sectors of 512 bytes', {
      remedy: "Export it as 'raw'.",
    });
  }
  return new Qcow2Layout(sizeBytes);
}

class Qcow2Layout implements ImageLayout {
  readonly fileMaxBytes: number;
  readonly #sizeBytes: number;
  readonly #l2Count: number;
  readonly #refcountBlockCount: number;
  /** For each L2 table that has something: the clusters of its blocks; 0 stands for none. */
  readonly #clusters = new Map<number, Uint32Array>();
  readonly #firstDataCluster: number;
  #nextCluster: number;

  constructor(sizeBytes: number) {
    const blockCount = blockCountOf(sizeBytes);
    this.#sizeBytes = sizeBytes;
    this.#l2Count = Math.ceil(blockCount / entriesPerTable);
    // Header, L1 and refcount table have one cluster each; refcount blocks count themselves too.
    const counted = 3 + this.#l2Count + blockCount;
    this.#refcountBlockCount = Math.ceil(counted / (refcountsPerBlock - 1));
    this.#firstDataCluster = 3 + this.#l2Count + this.#refcountBlockCount;
    this.#nextCluster = this.#firstDataCluster;
    this.fileMaxBytes = (this.#firstDataCluster + blockCount) * clusterBytes;
  }

  place(block: number): number {
    const table = Math.floor(block / entriesPerTable);
    let clusters = this.#clusters.get(table);
    if (clusters === undefined) {
      clusters = new Uint32Array(entriesPerTable);
      this.#clusters.set(table, clusters);
    }
    const entry = block % entriesPerTable;
    let cluster = clusters[entry] ?? 0;
    if (cluster === 0) {
      cluster = this.#nextCluster;
      clusters[entry] = cluster;
      this.#nextCluster += 1;
    }
    return cluster * clusterBytes;
  }

  *placed(): Generator<{ readonly block: number; readonly fileOffset: number }> {
    for (const [table, clusters] of this.#tables()) {
      for (const [entry, cluster] of clusters.entries()) {
        if (cluster === 0) continue;
        yield { block: table * entriesPerTable + entry, fileOffset: cluster * clusterBytes };
      }
    }
  }

  *metadata(): Generator<{ readonly fileOffset: number; readonly bytes: Uint8Array }> {
    yield { fileOffset: 0, bytes: this.#header() };
    yield { fileOffset: this.#l1Offset, bytes: this.#l1Table() };
    for (const [table, clusters] of this.#tables()) {
      yield { fileOffset: this.#l2Offset(table), bytes: entriesOf(clusters) };
    }
    yield { fileOffset: this.#refcountTableOffset, bytes: this.#refcountTable() };
    yield* this.#refcountBlocks();
  }

  fileSizeBytes(): number {
    return this.#nextCluster * clusterBytes;
  }

  get #l1Offset(): number {
    return clusterBytes;
  }

  #l2Offset(table: number): number {
    return (2 + table) * clusterBytes;
  }

  get #refcountTableOffset(): number {
    return (2 + this.#l2Count) * clusterBytes;
  }

  #refcountBlockOffset(number: number): number {
    return this.#refcountTableOffset + (1 + number) * clusterBytes;
  }

  #tables(): readonly (readonly [number, Uint32Array])[] {
    return [...this.#clusters].sort(([one], [other]) => one - other);
  }

  #header(): Buffer {
    // What follows is the end of the header's extensions: eight zeros.
    const header = Buffer.alloc(headerBytes + 8);
    header.write('QFI\xfb', 0, 'latin1');
    header.writeUInt32BE(3, 4); // version
    header.writeUInt32BE(clusterBits, 20);
    header.writeBigUInt64BE(BigInt(this.#sizeBytes), 24);
    header.writeUInt32BE(this.#l2Count, 36); // entries of the L1 table
    header.writeBigUInt64BE(BigInt(this.#l1Offset), 40);
    header.writeBigUInt64BE(BigInt(this.#refcountTableOffset), 48);
    header.writeUInt32BE(1, 56); // clusters of the refcount table
    header.writeUInt32BE(4, 96); // refcounts of 2^4 bits
    header.writeUInt32BE(headerBytes, 100);
    return header;
  }

  #l1Table(): Buffer {
    const table = Buffer.alloc(this.#l2Count * 8);
    for (let number = 0; number < this.#l2Count; number += 1) {
      table.writeBigUInt64BE(copied | BigInt(this.#l2Offset(number)), number * 8);
    }
    return table;
  }

  #refcountTable(): Buffer {
    const table = Buffer.alloc(this.#refcountBlockCount * 8);
    for (let number = 0; number < this.#refcountBlockCount; number += 1) {
      table.writeBigUInt64BE(BigInt(this.#refcountBlockOffset(number)), number * 8);
    }
    return table;
  }

  /** All clusters up to the last one are used once. */
  *#refcountBlocks(): Generator<{ readonly fileOffset: number; readonly bytes: Uint8Array }> {
    for (let number = 0; number * refcountsPerBlock < this.#nextCluster; number += 1) {
      const used = Math.min(this.#nextCluster - number * refcountsPerBlock, refcountsPerBlock);
      const bytes = Buffer.alloc(used * 2);
      for (let entry = 0; entry < used; entry += 1) bytes.writeUInt16BE(1, entry * 2);
      yield { fileOffset: this.#refcountBlockOffset(number), bytes };
    }
  }
}

function entriesOf(clusters: Uint32Array): Buffer {
  const entries = Buffer.alloc(entriesPerTable * 8);
  for (const [entry, cluster] of clusters.entries()) {
    if (cluster === 0) continue;
    entries.writeBigUInt64BE(copied | (BigInt(cluster) * BigInt(clusterBytes)), entry * 8);
  }
  return entries;
}
