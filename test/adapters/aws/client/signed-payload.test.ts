import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { EBSClient, PutSnapshotBlockCommand } from '@aws-sdk/client-ebs';
import { signPayload } from '../../../../src/adapters/aws/client/signed-payload.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { testCredentials } from '../../../support/aws/fake-aws.ts';

const block = new Uint8Array(blockSizeBytes).fill(7);
const digest = createHash('sha256').update(block).digest();

function bytesOf(data: unknown): Buffer {
  return typeof data === 'string' ? Buffer.from(data) : Buffer.from(data as Uint8Array);
}

/** What the SDK hashes to sign a block, which goes nowhere. */
async function signedHashing(prepare: (command: PutSnapshotBlockCommand) => void) {
  let hashedBytes = 0;
  let header: string | undefined;
  const client = new EBSClient({
    region: 'eu-test-1',
    credentials: testCredentials,
    maxAttempts: 1,
    sha256: class {
      readonly #hash;
      constructor(secret?: unknown) {
        this.#hash =
          secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
      }
      update(data: unknown): void {
        hashedBytes += bytesOf(data).byteLength;
        this.#hash.update(bytesOf(data));
      }
      digest(): Promise<Uint8Array> {
        return Promise.resolve(this.#hash.digest());
      }
    },
    requestHandler: {
      handle: (request: { readonly headers: Readonly<Record<string, string>> }) => {
        header = request.headers['x-amz-content-sha256'];
        return Promise.reject(new Error('nothing is sent'));
      },
    } as never,
  });
  const command = new PutSnapshotBlockCommand({
    SnapshotId: 'snap-00aa',
    BlockIndex: 0,
    BlockData: block,
    DataLength: blockSizeBytes,
    Checksum: digest.toString('base64'),
    ChecksumAlgorithm: 'SHA256',
  });
  prepare(command);
  await assert.rejects(client.send(command), /nothing is sent/);
  return { hashedBytes, header };
}

describe('the signature of a request whose body was hashed before', () => {
  it('takes that hash, and reads the body no second time', async () => {
    const { hashedBytes, header } = await signedHashing((command) => {
      signPayload(command, digest);
    });

    assert.equal(header, digest.toString('hex'));
    assert.ok(hashedBytes > 0 && hashedBytes < blockSizeBytes, `${hashedBytes} bytes`);
  });

  it('would read it otherwise', async () => {
    const { hashedBytes, header } = await signedHashing(() => undefined);

    assert.equal(header, digest.toString('hex'));
    assert.ok(hashedBytes > blockSizeBytes);
  });
});
