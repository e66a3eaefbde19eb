import { assert } from '../../../domain/errors/assert.ts';
import { blockCountOf } from '../../../domain/block-size.ts';
import { clusterBytes, entriesPerTable, refcountsPerBlock, sectorBytes } from './image-geometry.ts';
import { type IndexEntry, recordBytesOf, type StoredRecord } from './index-entry.ts';
import { encodeQcow2Header } from './qcow2-header.ts';
import type { PartList } from './part-list.ts';
import { Refcounts } from './refcounts.ts';

const copied = 1n << 63n;
const compressed = 1n << 62n;
/** Of the offset in the entry of a compressed cluster: 62 - (cluster bits - 8). */
const additionalSectorsShift = 51n;
const readsAsZero = 1n;

/**
 * The tables of an image, made while its entries come in the order of the disk: an L2 table goes
 * out as soon as it is behind, so that one of them is in memory.
 */
export class ImageTables {
  readonly #parts: PartList;
  readonly #refcounts = new Refcounts();
  /** Which L2 tables there are, in the order in which they lie. */
  readonly #l2Tables: number[] = [];
  #current: { readonly number: number; readonly table: Buffer } | null = null;

  constructor(parts: PartList) {
    this.#parts = parts;
  }

  /** The entries of one kind of reading as zeros, or of a record; gives the tables that are done. */
  *add({ first, count, state, record }: IndexEntry): Generator<Uint8Array> {
    assert(state !== 'same', 'what is as before has no entry');
    for (let block = first; block < first + count; block += 1) {
      const number = Math.floor(block / entriesPerTable);
      if (this.#current?.number !== number) {
        yield* this.#finishTable();
        this.#current = { number, table: Buffer.alloc(clusterBytes) };
        this.#l2Tables.push(number);
      }
      const entry = record === null ? readsAsZero : this.#entryOf(record);
      this.#current.table.writeBigUInt64BE(entry, (block % entriesPerTable) * 8);
    }
  }

  /** What is left: the last L2 table, the L1 table, the refcount table and blocks, and the header. */
  finish(disk: { readonly sizeBytes: number; readonly backingName: string | null }): {
    readonly tables: readonly Uint8Array[];
    readonly header: Uint8Array;
  } {
    const tables = [...this.#finishTable()];
    const firstTable = (this.#parts.endOffset + this.#parts.paddingBytes) / clusterBytes;
    const l1Cluster = firstTable + this.#l2Tables.length;
    const l1Entries = Math.ceil(blockCountOf(disk.sizeBytes) / entriesPerTable);
    const l1Clusters = Math.max(1, Math.ceil(l1Entries / entriesPerTable));
    const refcountTableCluster = l1Cluster + l1Clusters;
    const clustersBefore = refcountTableCluster + 1;
    // Refcount blocks count themselves too.
    const blockCount = Math.ceil(clustersBefore / (refcountsPerBlock - 1));
    assert(blockCount <= entriesPerTable, 'an image has less than 8 PiB');
    const clusters = clustersBefore + blockCount;
    this.#refcounts.useClusters(0, 1);
    this.#refcounts.useClusters(firstTable, clusters);

    const l1 = Buffer.alloc(l1Clusters * clusterBytes);
    for (const [place, number] of this.#l2Tables.entries()) {
      l1.writeBigUInt64BE(copied | offsetOf(firstTable + place), number * 8);
    }
    const refcountTable = Buffer.alloc(clusterBytes);
    for (let number = 0; number < blockCount; number += 1) {
      refcountTable.writeBigUInt64BE(offsetOf(clustersBefore + number), number * 8);
    }
    tables.push(l1, refcountTable, ...this.#refcounts.blocks(clusters));
    const header = encodeQcow2Header({
      ...disk,
      l1Entries,
      l1Offset: l1Cluster * clusterBytes,
      refcountTableOffset: refcountTableCluster * clusterBytes,
      refcountTableClusters: 1,
    });
    return { tables, header };
  }

  #entryOf(record: StoredRecord): bigint {
    const at = this.#parts.offsetOf(record.part) + record.offset;
    const recordBytes = recordBytesOf(record);
    this.#refcounts.useRange(at, recordBytes);
    const additionalSectors = BigInt(recordBytes / sectorBytes - 1);
    return compressed | (additionalSectors << additionalSectorsShift) | BigInt(at);
  }

  *#finishTable(): Generator<Uint8Array> {
    if (this.#current === null) return;
    yield this.#current.table;
    this.#current = null;
  }
}

function offsetOf(cluster: number): bigint {
  return BigInt(cluster) * BigInt(clusterBytes);
}
