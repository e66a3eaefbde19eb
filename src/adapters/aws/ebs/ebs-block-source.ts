import { createHash } from 'node:crypto';
import { GetSnapshotBlockCommand } from '@aws-sdk/client-ebs';
import { blockSizeBytes } from '../../../domain/block-size.ts';
import { isSnapledgerError, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, SnapshotId } from '../../../domain/identifiers.ts';
import type { BlockSource } from '../../../ports/block-source.ts';
import { DamagedReply, readAwsFailure } from '../client/aws-failure.ts';
import { readBody, stopBody } from '../client/read-body.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { BlockTokens } from './block-tokens.ts';
import type { EbsConnection } from './ebs-connection.ts';
import { ebsReasonOf } from './ebs-error.ts';

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
  #state: 'open' | 'closed' = 'open';

  constructor(connection: EbsConnection, { snapshotId, sizeBytes }: EbsBlockSourceOptions) {
    this.sizeBytes = sizeBytes;
    this.blocksAtOnceWanted = connection.limits.blocksAtOnceWanted;
    this.#connection = connection;
    this.#snapshotId = snapshotId;
    this.#tokens = new BlockTokens(connection, snapshotId);
  }

  async read(first: BlockIndex, blockCount: number, into: Uint8Array): Promise<void> {
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
          const offset = (done + n) * blockSizeBytes;
          return this.#readBlock(first + done + n, into.subarray(offset, offset + blockSizeBytes));
        }),
      );
    }
  }

  /** What is under way is not asked for again when it fails. */
  close(): Promise<void> {
    this.#state = 'closed';
    return Promise.resolve();
  }

  async #readBlock(block: number, into: Uint8Array): Promise<void> {
    try {
      const bytes = await this.#bytesOf(block);
      if (bytes === null) into.fill(0);
      else into.set(bytes.subarray(0, into.length));
    } catch (error) {
      throw this.#unreadable(block, error);
    }
  }

  /** Null for a block that is absent. */
  async #bytesOf(block: number): Promise<Uint8Array | null> {
    const token = await this.#tokens.find(block);
    if (token === null) return null;
    try {
      return await this.#get(block, token);
    } catch (error) {
      if (ebsReasonOf(error) !== 'INVALID_BLOCK_TOKEN') throw error;
    }
    this.#tokens.forget(block);
    const renewed = await this.#tokens.find(block);
    return renewed === null ? null : await this.#get(block, renewed);
  }

  async #get(block: number, token: string): Promise<Uint8Array> {
    const { context, pace } = this.#connection;
    return await retryCall(context, async () => {
      this.#assertOpen();
      await pace.turn();
      try {
        const bytes = await this.#getOnce(block, token);
        pace.succeeded();
        return bytes;
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

  async #getOnce(block: number, token: string): Promise<Uint8Array> {
    const { client, context } = this.#connection;
    const command = new GetSnapshotBlockCommand({
      SnapshotId: this.#snapshotId,
      BlockIndex: block,
      BlockToken: token,
    });
    const { clock, limits } = context;
    const reply = await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
    try {
      const bytes = await withinLimit(clock, limits.callTimeoutMs, () =>
        readBody(reply.BlockData, blockSizeBytes),
      );
      const sha256 = createHash('sha256').update(bytes).digest('base64');
      if (reply.ChecksumAlgorithm !== 'SHA256' || reply.Checksum !== sha256) {
        throw new DamagedReply('its bytes do not have the SHA-256 that EBS keeps of it');
      }
      return bytes;
    } finally {
      stopBody(reply.BlockData);
    }
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
