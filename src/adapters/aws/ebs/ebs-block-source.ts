import { blockSizeBytes } from '../../../domain/block-size.ts';
import { isSnapledgerError, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, SnapshotId } from '../../../domain/identifiers.ts';
import type { BlockSource } from '../../../ports/block-source.ts';
import { readAwsFailure } from '../client/aws-failure.ts';
import { retryCall } from '../client/retry-call.ts';
import { BlockGets } from './block-gets.ts';
import { BlockTokens } from './block-tokens.ts';
import type { EbsConnection } from './ebs-connection.ts';
import { ebsReasonOf } from './ebs-error.ts';

const sha256Bytes = 32;

export interface EbsBlockSourceOptions {
  readonly snapshotId: SnapshotId;
  /** Of the volume, as EC2 tells it: EBS direct gives no size that can be relied on. */
  readonly sizeBytes: number;
}

/**
 * The blocks of a completed snapshot, read by GetSnapshotBlock; each is held against the SHA-256
 * that EBS keeps of it. A block that is absent in the snapshot reads as zeros.
 *
 * Sources of one connection share its pace, because quotas count by account. Closing a source
 * leaves the connection open.
 */
export function createEbsBlockSource(
  connection: EbsConnection,
  options: EbsBlockSourceOptions,
): BlockSource {
  return new SnapshotBlockSource(connection, options);
}

class SnapshotBlockSource implements BlockSource {
  readonly sizeBytes: number;
  readonly blocksAtOnceWanted: number;
  readonly #connection: EbsConnection;
  readonly #snapshotId: SnapshotId;
  readonly #tokens: BlockTokens;
  readonly #gets: BlockGets;
  #state: 'open' | 'closed' = 'open';

  constructor(connection: EbsConnection, { snapshotId, sizeBytes }: EbsBlockSourceOptions) {
    this.sizeBytes = sizeBytes;
    this.blocksAtOnceWanted = connection.limits.blocksAtOnceWanted;
    this.#connection = connection;
    this.#snapshotId = snapshotId;
    this.#tokens = new BlockTokens(connection, snapshotId);
    this.#gets = new BlockGets(connection, snapshotId);
  }

  async read(
    first: BlockIndex,
    blockCount: number,
    into: Uint8Array,
    sha256s?: Uint8Array,
  ): Promise<void> {
    const begin = first * blockSizeBytes;
    const end = Math.min(begin + blockCount * blockSizeBytes, this.sizeBytes);
    if (first < 0 || blockCount < 1 || into.length !== end - begin) {
      throw new SnapledgerError(
        'INTERNAL',
        `${blockCount} blocks from ${first} on do not make ${into.length} bytes of ${this.#snapshotId}`,
      );
    }
    const { blocksAtOnceMax } = this.#connection.limits;
    for (let done = 0; done < blockCount; done += blocksAtOnceMax) {
      const count = Math.min(blocksAtOnceMax, blockCount - done);
      await Promise.all(
        Array.from({ length: count }, (_, n) => {
          const position = done + n;
          const offset = position * blockSizeBytes;
          const bytes = into.subarray(offset, offset + blockSizeBytes);
          const sha256 = sha256s?.subarray(position * sha256Bytes, (position + 1) * sha256Bytes);
          return this.#readBlock(first + position, bytes, sha256);
        }),
      );
    }
  }

  /** What is under way is not asked for again when it fails. */
  close(): Promise<void> {
    this.#state = 'closed';
    return Promise.resolve();
  }

  async #readBlock(block: number, into: Uint8Array, sha256?: Uint8Array): Promise<void> {
    try {
      if (into.length === blockSizeBytes) {
        const known = await this.#readWhole(block, into);
        if (known !== null) sha256?.set(known);
      } else {
        // EBS has whole blocks only; a volume may end in the middle of one
        const whole = new Uint8Array(blockSizeBytes);
        await this.#readWhole(block, whole);
        into.set(whole.subarray(0, into.length));
      }
    } catch (error) {
      throw this.#unreadable(block, error);
    }
  }

  /** The SHA-256; null for a block that is absent. */
  async #readWhole(block: number, into: Uint8Array): Promise<Uint8Array | null> {
    try {
      return await this.#readListed(block, into);
    } catch (error) {
      if (ebsReasonOf(error) !== 'INVALID_BLOCK_TOKEN') throw error;
      this.#tokens.forget(block);
      return await this.#readListed(block, into);
    }
  }

  async #readListed(block: number, into: Uint8Array): Promise<Uint8Array | null> {
    const token = await this.#tokens.find(block);
    if (token !== null) return await this.#get(block, token, into);
    into.fill(0);
    return null;
  }

  async #get(block: number, token: string, into: Uint8Array): Promise<Uint8Array> {
    const { context, pace } = this.#connection;
    return await retryCall(context, async () => {
      this.#assertOpen();
      await pace.turn();
      try {
        const sha256 = await this.#gets.get(block, token, into);
        pace.succeeded();
        return sha256;
      } catch (error) {
        if (readAwsFailure(error).kind === 'throttled') pace.throttled();
        throw error;
      }
    });
  }

  #assertOpen(): void {
    if (this.#state === 'open') return;
    throw new SnapledgerError('CANCELLED', `the reading of ${this.#snapshotId} has ended`);
  }

  #unreadable(block: number, error: unknown): SnapledgerError {
    const { kind, code, said } = readAwsFailure(error);
    const canRetry = kind === 'throttled' || kind === 'transient';
    const reason = isSnapledgerError(error) ? error.message : `${said} (${code})`;
    return new SnapledgerError(
      'DISK_UNREADABLE',
      `block ${block} of ${this.#snapshotId} cannot be read: ${reason}`,
      {
        retry: canRetry ? 'retryable' : 'permanent',
        remedy:
          'See that the snapshot exists and is in the standard tier, and that ebs:GetSnapshotBlock (and kms:Decrypt) are granted.',
        details: { snapshotId: this.#snapshotId, block, awsCode: code },
      },
    );
  }
}
