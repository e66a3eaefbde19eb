import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  CompleteSnapshotCommand,
  EBSClient,
  GetSnapshotBlockCommand,
  ListChangedBlocksCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import type { LocalCloud } from '../../../../src/adapters/local-cloud/local-cloud.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { createEc2World, type Ec2World } from '../ec2/ec2-world.ts';
import { createEc2Writes } from '../ec2/ec2-writes.ts';
import { restoredBlock } from '../ec2/restored-block.ts';
import type { FakeVolume } from '../ec2/ec2-resources.ts';
import { FakeAws, testCredentials } from '../fake-aws.ts';
import { madeUpEbsData } from './ebs-data.ts';
import { type EbsQuotas, noEbsQuotas } from './ebs-quotas.ts';
import { createFakeEbs } from './fake-ebs.ts';

const region = 'eu-test-1';
const sizeBlocks = 1_000;
const [first, second, other, archived, pending] = [
  'snap-00aa',
  'snap-00bb',
  'snap-00cc',
  'snap-00dd',
  'snap-00ee',
];
const made = { lineage: 'one', sizeBlocks };
const data = madeUpEbsData(
  new Map([
    [
      first,
      {
        ...made,
        blocks: new Map([
          [0, 1],
          [7, 1],
        ]),
      },
    ],
    [
      second,
      {
        ...made,
        blocks: new Map([
          [0, 1],
          [999, 2],
        ]),
      },
    ],
    [other, { lineage: 'two', sizeBlocks, blocks: new Map() }],
    [archived, { ...made, blocks: new Map(), state: 'archived' as const }],
    [pending, { ...made, blocks: new Map(), state: 'pending' as const }],
  ]),
);
const whole = (byte: number): Uint8Array => new Uint8Array(blockSizeBytes).fill(byte);
const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Each is a trap of the notes of the project; docs/aws-traps.md says what the code does about it. */
describe('the fake of EBS direct, as the real one,', () => {
  let quotas: EbsQuotas;
  let nowMs: number;
  let world: Ec2World;
  let fake: FakeAws;
  let client: EBSClient;

  const start = async (): Promise<void> => {
    nowMs = Date.now();
    const now = (): number => nowMs;
    world = createEc2World({
      local: {} as LocalCloud,
      localFolder: 'none',
      homeRegion: region,
      now,
    });
    const ebs = createFakeEbs({ data, quotas, now, writes: createEc2Writes(world) });
    fake = await FakeAws.start({ services: [ebs] });
    client = new EBSClient({
      region,
      endpoint: fake.endpoint,
      credentials: testCredentials,
      maxAttempts: 1,
    });
  };
  beforeEach(async () => {
    quotas = noEbsQuotas;
    await start();
  });
  afterEach(async () => {
    client.destroy();
    await fake[Symbol.asyncDispose]();
  });

  const changed = (FirstSnapshotId: string, SecondSnapshotId: string, NextToken?: string) =>
    client.send(
      new ListChangedBlocksCommand({
        FirstSnapshotId,
        SecondSnapshotId,
        MaxResults: 100,
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    );
  const listed = (SnapshotId: string) => client.send(new ListSnapshotBlocksCommand({ SnapshotId }));
  const get = (SnapshotId: string, BlockIndex: number, BlockToken: string) =>
    client.send(new GetSnapshotBlockCommand({ SnapshotId, BlockIndex, BlockToken }));
  const startSnapshot = (
    changes: Partial<ConstructorParameters<typeof StartSnapshotCommand>[0]> = {},
  ) => client.send(new StartSnapshotCommand({ VolumeSize: 1, ClientToken: 'token', ...changes }));
  const put = (SnapshotId: string, BlockIndex: number, bytes = whole(1)) =>
    client.send(
      new PutSnapshotBlockCommand({
        SnapshotId,
        BlockIndex,
        BlockData: bytes,
        DataLength: blockSizeBytes,
        Checksum: digestOf(bytes).toString('base64'),
        ChecksumAlgorithm: 'SHA256',
      }),
    );
  const complete = (SnapshotId: string, ChangedBlocksCount: number, sum: Buffer) =>
    client.send(
      new CompleteSnapshotCommand({
        SnapshotId,
        ChangedBlocksCount,
        Checksum: sum.toString('base64'),
        ChecksumAlgorithm: 'SHA256',
        ChecksumAggregationMethod: 'LINEAR',
      }),
    );
  const refused = (work: Promise<unknown>, name: string, Reason: string): Promise<void> =>
    assert.rejects(work, (error: Error & { readonly Reason?: string }) => {
      assert.deepEqual([error.name, error.Reason], [name, Reason]);
      return true;
    });

  it('walks a volume in windows: pages are empty, and have a token', async () => {
    const sizes: number[] = [];
    let token: string | undefined;
    do {
      const { ChangedBlocks = [], NextToken } = await changed(first, second, token);
      sizes.push(ChangedBlocks.length);
      token = NextToken;
    } while (token !== undefined);
    assert.deepEqual(sizes, [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('gives at least a hundred, whatever is asked for, and tells the size in bytes here and GiB there', async () => {
    const { VolumeSize: here } = await listed(first);
    const { VolumeSize: there } = await changed(first, second);
    assert.deepEqual([here, there], [sizeBlocks * blockSizeBytes, 1]);
  });

  it('gives a block that is gone no second token, and one that is new no first', async () => {
    const tokens = (found: Awaited<ReturnType<typeof changed>>) =>
      (found.ChangedBlocks ?? []).map(({ BlockIndex, FirstBlockToken, SecondBlockToken }) => [
        BlockIndex,
        FirstBlockToken !== undefined,
        SecondBlockToken !== undefined,
      ]);
    assert.deepEqual(tokens(await changed(first, second)), [[7, true, false]]);
    assert.deepEqual(tokens(await changed(second, first)), [[7, false, true]]);
  });

  it('lets the token of a page expire after an hour, and that of a block after a week', async () => {
    const { NextToken } = await changed(first, second);
    const { Blocks: [block] = [] } = await listed(first);
    const token = block?.BlockToken ?? '';
    nowMs += 60 * 60_000;
    await refused(changed(first, second, NextToken), 'ValidationException', 'INVALID_PAGE_TOKEN');
    await get(first, 0, token);
    nowMs += 7 * 24 * 60 * 60_000;
    await refused(get(first, 0, token), 'ValidationException', 'INVALID_BLOCK_TOKEN');
  });

  it('compares no snapshots of different volumes', () =>
    refused(changed(first, other), 'ValidationException', 'UNRELATED_SNAPSHOTS'));

  it('reads nothing of a snapshot that is pending or archived', async () => {
    for (const id of [pending, archived]) {
      await refused(listed(id), 'ValidationException', 'INVALID_SNAPSHOT_ID');
      await refused(changed(id, second), 'ValidationException', 'INVALID_SNAPSHOT_ID');
    }
  });

  it('tells what an account asks too much of from what is too much for a snapshot', async () => {
    await fake[Symbol.asyncDispose]();
    quotas = { account: { ListSnapshotBlocks: 1 }, snapshot: { GetSnapshotBlock: 1 } };
    await start();
    const { Blocks: [block] = [] } = await listed(first);
    await refused(listed(second), 'ThrottlingException', 'ACCOUNT_THROTTLED');
    const token = block?.BlockToken ?? '';
    await get(first, 0, token);
    await refused(get(first, 0, token), 'RequestThrottledException', 'RESOURCE_LEVEL_THROTTLE');
    nowMs += 1_000;
    await get(first, 0, token);
  });

  it('starts one snapshot for a client token, and none for the same one with something else', async () => {
    const [one, two] = [await startSnapshot(), await startSnapshot()];
    assert.equal(one.SnapshotId, two.SnapshotId);
    await assert.rejects(startSnapshot({ VolumeSize: 2 }), { name: 'ConflictException' });
  });

  it('takes shorter tags than EC2', async () => {
    const tagged = (Key: string, Value: string) => startSnapshot({ Tags: [{ Key, Value }] });
    await refused(tagged('k'.repeat(128), ''), 'ValidationException', 'INVALID_TAG');
    await refused(tagged('k', 'v'.repeat(256)), 'ValidationException', 'INVALID_TAG');
    await tagged('k'.repeat(127), 'v'.repeat(255));
  });

  it('answers 404 to the first blocks of a snapshot that it has just started', async () => {
    world.timing.writableAfterMs = 56_000;
    const { SnapshotId = '' } = await startSnapshot();
    await refused(put(SnapshotId, 0), 'ResourceNotFoundException', 'SNAPSHOT_NOT_FOUND');
    nowMs += 56_000;
    await put(SnapshotId, 0);
  });

  it('sums the digests of the blocks, raw and in their order, and holds that against what is said', async () => {
    world.timing.writableAfterMs = 0;
    const { SnapshotId = '' } = await startSnapshot();
    await put(SnapshotId, 9, whole(9));
    await put(SnapshotId, 2, whole(2));
    const digests = [digestOf(whole(2)), digestOf(whole(9))];
    const raw = digestOf(Buffer.concat(digests));
    const inHex = digestOf(Buffer.from(digests.map((one) => one.toString('hex')).join('')));
    const inWrongOrder = digestOf(Buffer.concat(digests.toReversed()));
    for (const [count, sum] of [
      [2, inHex],
      [2, inWrongOrder],
      [3, raw],
    ] as const) {
      await refused(
        complete(SnapshotId, count, sum),
        'ValidationException',
        'INVALID_PARAMETER_VALUE',
      );
    }
    assert.equal((await complete(SnapshotId, 2, raw)).Status, 'pending');
    await refused(put(SnapshotId, 3), 'ValidationException', 'INVALID_SNAPSHOT_ID');
  });

  it('has anything in blocks of an encrypted snapshot that were never put, and zeros in clear', () => {
    const volume = { written: new Map([[0, whole(5)]]), isEncrypted: true } as Partial<FakeVolume>;
    assert.deepEqual(restoredBlock(volume as FakeVolume, 0), whole(5));
    const absent = Buffer.from(restoredBlock(volume as FakeVolume, 1));
    assert.ok(!absent.equals(whole(0)));
    const inClear = { ...volume, isEncrypted: false } as FakeVolume;
    assert.deepEqual(restoredBlock(inClear, 1), whole(0));
  });
});
