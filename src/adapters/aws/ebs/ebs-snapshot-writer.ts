import { createHash } from 'node:crypto';
import {
  CompleteSnapshotCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import { blockSizeBytes } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../domain/identifiers.ts';
import { DamagedReply, readAwsFailure } from '../client/aws-failure.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { signPayload } from '../client/signed-payload.ts';
import { type RunningDigest, runningDigest } from './running-digest.ts';
import type { EbsConnection } from './ebs-connection.ts';

export interface NewSnapshot {
  readonly sizeGib: number;
  readonly description: string;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** At most 64 characters of ASCII; the same one gives the same snapshot. */
  readonly clientToken: string;
  /** ARN of the key that encrypts it; null: as the account has it by default. */
  readonly keyArn: string | null;
  /** Ends the waits for the snapshot to become known, by its reason. */
  readonly signal: AbortSignal;
}

/** A snapshot that is written block by block. Blocks that are never put are absent in it. */
export interface EbsSnapshotWriter {
  readonly snapshotId: SnapshotId;
  /** Whether EBS encrypts it, because it was asked to or because the account has it so. */
  readonly isEncrypted: boolean;
  /** Several may be under way at once. @param bytes a whole block */
  put(block: number, bytes: Uint8Array): Promise<void>;
  /** Says that every block before this one was put, or stays absent: what is remembered of them shrinks. */
  passed(block: number): void;
  /**
   * After the last block. EBS completes it some time later, if what was put is what it got; where its
   * answer was lost, only the state of the snapshot tells whether it has begun to.
   */
  complete(): Promise<void>;
}

/**
 * Starts a snapshot by EBS direct.
 *
 * @throws CLOUD_ACCESS_DENIED, CLOUD_REFUSED, CLOUD_UNAVAILABLE (retryable), also from the writer;
 *   LIMIT_EXCEEDED
 */
export async function startEbsSnapshot(
  connection: EbsConnection,
  { sizeGib, description, tags, clientToken, keyArn, signal }: NewSnapshot,
): Promise<EbsSnapshotWriter> {
  const { client, context, limits } = connection;
  const reply = await called('a snapshot cannot be started', () =>
    once(connection, (abortSignal) =>
      client.send(
        new StartSnapshotCommand({
          VolumeSize: sizeGib,
          Description: description,
          Tags: [...tags],
          ClientToken: clientToken,
          Timeout: limits.snapshotIdleMinutes,
          ...(keyArn === null ? {} : { Encrypted: true, KmsKeyArn: keyArn }),
        }),
        { abortSignal },
      ),
    ),
  );
  if (reply.SnapshotId === undefined || reply.BlockSize !== blockSizeBytes) {
    throw new SnapledgerError(
      'CLOUD_REFUSED',
      `EBS started a snapshot in blocks of ${String(reply.BlockSize)} bytes, not ${blockSizeBytes}`,
      { remedy: 'Nothing: this version can write no other blocks.' },
    );
  }
  return new DirectSnapshotWriter(connection, {
    snapshotId: reply.SnapshotId as SnapshotId,
    isEncrypted: reply.KmsKeyArn !== undefined,
    appearsUntilMs: context.clock.now() + limits.snapshotAppearsMs,
    signal,
  });
}

const notFoundCode = 'ResourceNotFoundException';
const quotaCode = 'ServiceQuotaExceededException';

interface Started {
  readonly snapshotId: SnapshotId;
  readonly isEncrypted: boolean;
  readonly appearsUntilMs: number;
  readonly signal: AbortSignal;
}

class DirectSnapshotWriter implements EbsSnapshotWriter {
  readonly snapshotId: SnapshotId;
  readonly isEncrypted: boolean;
  readonly #connection: EbsConnection;
  readonly #appearsUntilMs: number;
  readonly #signal: AbortSignal;
  readonly #digests = runningDigest();

  constructor(
    connection: EbsConnection,
    { snapshotId, isEncrypted, appearsUntilMs, signal }: Started,
  ) {
    this.#connection = connection;
    this.snapshotId = snapshotId;
    this.isEncrypted = isEncrypted;
    this.#appearsUntilMs = appearsUntilMs;
    this.#signal = signal;
  }

  async put(block: number, bytes: Uint8Array): Promise<void> {
    const digest = createHash('sha256').update(bytes).digest();
    await called(
      `block ${block} of ${this.snapshotId} cannot be written`,
      () => this.#onceKnown(() => this.#putPaced(block, bytes, digest)),
      this.#signal,
    );
    this.#digests.add(block, digest);
  }

  passed(block: number): void {
    this.#digests.passed(block);
  }

  async complete(): Promise<void> {
    const sum = this.#digests.end();
    let isPerhapsDone = false;
    await called(
      `${this.snapshotId} cannot be completed`,
      () =>
        this.#onceKnown(async () => {
          try {
            await this.#completeOnce(sum);
          } catch (error) {
            const { kind, code } = readAwsFailure(error);
            // What has no token is refused the second time when the first was heard.
            const isRefused = kind === 'refused' && code !== notFoundCode;
            if (isPerhapsDone && isRefused) return;
            if (kind === 'transient') isPerhapsDone = true;
            throw error;
          }
        }),
      this.#signal,
    );
  }

  async #completeOnce({ count, checksum }: ReturnType<RunningDigest['end']>): Promise<void> {
    const { client, context } = this.#connection;
    await withinLimit(context.clock, context.limits.callTimeoutMs, (abortSignal) =>
      client.send(
        new CompleteSnapshotCommand({
          SnapshotId: this.snapshotId,
          ChangedBlocksCount: count,
          // Without any block there is nothing that it would be the sum of.
          ...(count === 0
            ? {}
            : {
                Checksum: checksum,
                ChecksumAlgorithm: 'SHA256',
                ChecksumAggregationMethod: 'LINEAR',
              }),
        }),
        { abortSignal },
      ),
    );
  }

  /**
   * A snapshot that was just started is unknown to the hosts that write it, for up to two
   * minutes: what AWS lists as not to be tried again is then only early.
   */
  async #onceKnown(call: () => Promise<void>): Promise<void> {
    const { context, limits } = this.#connection;
    for (;;) {
      try {
        await retryCall(context, call);
        return;
      } catch (error) {
        const isEarly =
          readAwsFailure(error).code === notFoundCode && context.clock.now() < this.#appearsUntilMs;
        if (!isEarly) throw error;
      }
      await context.clock.sleep(limits.snapshotAppearsPollMs, this.#signal);
    }
  }

  async #putPaced(block: number, bytes: Uint8Array, digest: Buffer): Promise<void> {
    const { writePace } = this.#connection;
    await writePace.turn();
    try {
      await this.#putOnce(block, bytes, digest);
      writePace.succeeded();
    } catch (error) {
      const { kind, code, said } = readAwsFailure(error);
      if (kind === 'throttled') writePace.throttled();
      // Lost on its way inside of AWS; its code alone would say that the request is wrong.
      const isLost = code === 'ValidationException' && /failed to read block data/i.test(said);
      throw isLost ? new DamagedReply(said) : error;
    }
  }

  async #putOnce(block: number, bytes: Uint8Array, digest: Buffer): Promise<void> {
    const { client, context } = this.#connection;
    const command = new PutSnapshotBlockCommand({
      SnapshotId: this.snapshotId,
      BlockIndex: block,
      BlockData: bytes,
      DataLength: blockSizeBytes,
      Checksum: digest.toString('base64'),
      ChecksumAlgorithm: 'SHA256',
    });
    signPayload(command, digest);
    await withinLimit(context.clock, context.limits.callTimeoutMs, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
  }
}

/** One call, again as long as that can help. */
function once<T>(
  { context }: EbsConnection,
  send: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  return retryCall(context, () => withinLimit(context.clock, context.limits.callTimeoutMs, send));
}

async function called<T>(what: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const { kind, code, said } = readAwsFailure(error);
    const message = `${what}: ${said} (${code})`;
    const details = { awsCode: code };
    if (code === quotaCode) {
      throw new SnapledgerError('LIMIT_EXCEEDED', message, {
        details,
        remedy: 'Remove snapshots that are not needed, or have the quota raised (Service Quotas).',
      });
    }
    switch (kind) {
      case 'throttled':
      case 'transient':
        throw new SnapledgerError('CLOUD_UNAVAILABLE', message, {
          details,
          retry: 'retryable',
          remedy: 'Check the network, and the health of AWS in this region; then restore again.',
        });
      case 'denied':
        throw new SnapledgerError('CLOUD_ACCESS_DENIED', message, {
          details,
          remedy:
            'Check the credentials, and that they may ebs:StartSnapshot, ebs:PutSnapshotBlock and ebs:CompleteSnapshot.',
        });
      case 'untrusted':
      case 'refused':
      case 'not-understood':
        throw new SnapledgerError('CLOUD_REFUSED', message, {
          details,
          remedy: 'Change what it complains of.',
        });
    }
  }
}
