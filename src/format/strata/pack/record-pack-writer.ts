import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import type { SessionKeys } from '../keys/session-keys.ts';
import type { PackRef, RecordRef } from '../map/record-ref.ts';
import { packRefOf } from '../map/record-ref.ts';
import { encodeRecord, recordMaxSizeBytes } from '../record/encode-record.ts';
import { recordNonceSizeBytes, type RecordKind } from '../record/record-header.ts';
import { compressionEfforts } from '../../compression-effort.ts';
import { encodePackHeader, packTargetSizeBytes } from './pack-header.ts';

/**
 * Buffers of a pack double up to 4 MiB: most increments write some hundred KiB of map, a first
 * full backup fills whole packs.
 */
const firstBufferSizeBytes = 256 * 1024;
const bufferSizeMaxBytes = 4 * 1024 * 1024;
/**
 * Four fifths of a node are ids, which are random: zstd takes time there and saves nothing. Blocks
 * are moved seldom, and kept for long.
 */
const compressionOf = { 'map-node': 'none', block: compressionEfforts.balanced.usual } as const;

export interface RecordPackWriterOptions {
  readonly objectStore: ObjectStore;
  readonly repositoryKeys: RepositoryKeys;
  readonly session: SessionKeys;
  readonly random: RandomSource;
  /** What its records are: a pack never holds both. */
  readonly records: RecordKind;
  /** Of its packs; null: they are under no lock. */
  readonly retainUntil: TimestampMs | null;
}

/** Writes records into packs of about 32 MiB, one PUT each. For the engine's side: it makes few. */
export class RecordPackWriter {
  readonly #options: RecordPackWriterOptions;
  readonly #writer: number;
  #nextNumber = 0;
  #open: OpenPack | null = null;
  #bytesWritten = 0;

  constructor(options: RecordPackWriterOptions) {
    this.#options = options;
    this.#writer = Buffer.from(options.random.bytes(4)).readUInt32LE();
  }

  /** Bytes of all records so far, headers of records included. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Adds a record; it is durable once its pack is full, or `close` has resolved. */
  async write(id: Uint8Array, plain: Uint8Array): Promise<RecordRef> {
    const { repositoryKeys, session, random, records } = this.#options;
    const maxSizeBytes = recordMaxSizeBytes(plain.length);
    if (this.#open !== null && this.#open.sizeBytes + maxSizeBytes > packTargetSizeBytes) {
      await this.close();
    }
    this.#open ??= this.#begin();
    const open = this.#open;
    const lengthBytes = encodeRecord(
      {
        kind: records,
        id,
        plain,
        kindKey: records === 'block' ? session.blockKey : session.nodeKey,
        sessionIdBytes: session.sessionIdBytes,
        repositoryIdBytes: repositoryKeys.repositoryIdBytes,
        nonce: random.bytes(recordNonceSizeBytes),
        compression: compressionOf[records],
      },
      open.room(maxSizeBytes),
    );
    const ref = { pack: open.ref, offset: open.sizeBytes, lengthBytes, id };
    open.advance(lengthBytes);
    this.#bytesWritten += lengthBytes;
    return ref;
  }

  /** Makes everything written so far durable. Writing can go on afterwards, in a new pack. */
  async close(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const { objectStore, retainUntil } = this.#options;
    try {
      await objectStore.create(
        open.ref.key,
        open.parts(),
        retainUntil === null ? {} : { retainUntil },
      );
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
      // Nodes in it already name the pack, so it cannot get another name now.
      throw new SnapledgerError('OBJECT_EXISTS', `another writer has made ${open.ref.key}`, {
        cause: error,
        retry: 'retryable',
        remedy: 'Commit again: the next attempt chooses another random name.',
        details: { objectKey: open.ref.key },
      });
    }
  }

  #begin(): OpenPack {
    const { repositoryKeys, session, records } = this.#options;
    const { sessionId } = session;
    const ref = packRefOf({ sessionId, writer: this.#writer, number: this.#nextNumber });
    this.#nextNumber += 1;
    const kind = records === 'block' ? 'data' : 'map';
    return new OpenPack(ref, encodePackHeader(kind, repositoryKeys.repositoryId, sessionId));
  }
}

/** A pack that is being filled: a list of buffers, each written from its start. */
class OpenPack {
  readonly ref: PackRef;
  readonly #full: Uint8Array[];
  #buffer = new Uint8Array(firstBufferSizeBytes);
  #used = 0;
  #fullSizeBytes: number;

  constructor(ref: PackRef, header: Uint8Array) {
    this.ref = ref;
    this.#full = [header];
    this.#fullSizeBytes = header.length;
  }

  get sizeBytes(): number {
    return this.#fullSizeBytes + this.#used;
  }

  /** Where the next record goes: at least `sizeBytes` of room. */
  room(sizeBytes: number): Uint8Array {
    if (this.#buffer.length - this.#used < sizeBytes) {
      this.#full.push(this.#buffer.subarray(0, this.#used));
      this.#fullSizeBytes += this.#used;
      const doubled = Math.min(this.#buffer.length * 2, bufferSizeMaxBytes);
      this.#buffer = new Uint8Array(Math.max(doubled, sizeBytes));
      this.#used = 0;
    }
    return this.#buffer.subarray(this.#used);
  }

  advance(lengthBytes: number): void {
    this.#used += lengthBytes;
  }

  parts(): readonly Uint8Array[] {
    return [...this.#full, this.#buffer.subarray(0, this.#used)];
  }
}
