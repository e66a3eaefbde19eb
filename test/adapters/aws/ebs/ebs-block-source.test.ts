import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createEbsBlockSource } from '../../../../src/adapters/aws/ebs/ebs-block-source.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { hasErrorCode, isSnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { BlockIndex, SnapshotId } from '../../../../src/domain/identifiers.ts';
import type { AwsFault } from '../../../support/aws/aws-faults.ts';
import { type EbsData, madeUpEbsData } from '../../../support/aws/ebs/ebs-data.ts';
import { type EbsRig, quickLimits, startEbsRig } from './ebs-rig.ts';

const snapshotId = 'snap-00aa' as SnapshotId;
const sizeBlocks = 40;

/** Block n is full of n; only even ones exist. */
const data: EbsData = madeUpEbsData(
  new Map([
    [
      snapshotId,
      {
        lineage: 'a',
        sizeBlocks,
        blocks: new Map(Array.from({ length: sizeBlocks / 2 }, (_, n) => [2 * n, 2 * n])),
      },
    ],
  ]),
);

/** The byte that each block is full of. */
async function read(
  { connection }: Pick<EbsRig, 'connection'>,
  first: number,
  blockCount: number,
): Promise<readonly number[]> {
  const sizeBytes = sizeBlocks * blockSizeBytes;
  const source = createEbsBlockSource(connection, { snapshotId, sizeBytes });
  const into = new Uint8Array(blockCount * blockSizeBytes).fill(255);
  await source.read(first as BlockIndex, blockCount, into);
  await source.close();
  return Array.from({ length: blockCount }, (_, n) => {
    const block = into.subarray(n * blockSizeBytes, (n + 1) * blockSizeBytes);
    const [byte = -1] = block;
    assert.ok(
      block.every((each) => each === byte),
      'a block is whole',
    );
    return byte;
  });
}

describe('blocks of a snapshot by EBS direct (a fake)', () => {
  it('are what was written, and zeros where nothing ever was', async () => {
    await using rig = await startEbsRig(data);

    assert.deepEqual(await read(rig, 3, 6), [0, 4, 0, 6, 0, 8]);
    assert.equal(rig.fake.faults.calls('GetSnapshotBlock'), 3);
    assert.equal(rig.fake.faults.calls('ListSnapshotBlocks'), 1);
  });

  it('are read with the tokens of several pages, of which only some stay in memory', async () => {
    await using rig = await startEbsRig(data, {
      pageBlocks: 3,
      limits: { ...quickLimits, tokenPagesMax: 2 },
    });

    const found = await read(rig, 0, sizeBlocks);

    assert.deepEqual(
      found,
      Array.from({ length: sizeBlocks }, (_, n) => (n % 2 === 0 ? n : 0)),
    );
  });

  it('come with the SHA-256 that they were held against, whole ones that exist', async () => {
    await using rig = await startEbsRig(data);
    const sizeBytes = 15 * blockSizeBytes - 512;
    const source = createEbsBlockSource(rig.connection, { snapshotId, sizeBytes });
    const into = new Uint8Array(3 * blockSizeBytes - 512);
    const sha256s = new Uint8Array(3 * 32);

    await source.read(12 as BlockIndex, 3, into, sha256s);

    assert.deepEqual(
      [0, 1, 2].map((n) => Buffer.from(sha256s.subarray(32 * n, 32 * (n + 1)))),
      [
        hash('sha256', into.subarray(0, blockSizeBytes), 'buffer'),
        Buffer.alloc(32),
        Buffer.alloc(32),
      ],
    );
    await source.close();
  });

  it('are asked for again when no answer comes, or one that does not end', async () => {
    await using rig = await startEbsRig(data, {
      limits: {
        ...quickLimits,
        call: { ...quickLimits.call, callTimeoutMs: 150 },
      },
    });
    rig.fake.faults.arm('GetSnapshotBlock', { kind: 'hang' }, 1);
    const slow: AwsFault = { kind: 'slow-reply', stepBytes: 4096, pauseMs: 20 };
    rig.fake.faults.arm('GetSnapshotBlock', slow, 1);

    assert.deepEqual(await read(rig, 2, 1), [2]);
    assert.equal(rig.fake.faults.calls('GetSnapshotBlock'), 3);
  });

  it('have their tokens forgotten behind whoever reads them, but for a few pages', async () => {
    // twenty blocks in seven pages
    await using rig = await startEbsRig(data, {
      pageBlocks: 3,
      limits: { ...quickLimits, tokenPagesMax: 2 },
    });
    const sizeBytes = sizeBlocks * blockSizeBytes;
    const source = createEbsBlockSource(rig.connection, { snapshotId, sizeBytes });
    const readOne = async (block: number): Promise<number> => {
      await source.read(block as BlockIndex, 1, new Uint8Array(blockSizeBytes));
      return rig.fake.faults.calls('ListSnapshotBlocks');
    };
    for (let block = 0; block < sizeBlocks; block += 1) await readOne(block);

    const lists = rig.fake.faults.calls('ListSnapshotBlocks');
    assert.equal(lists, 7);
    assert.equal(await readOne(30), lists, 'the last two pages are known');
    assert.equal(await readOne(38), lists);
    assert.equal(await readOne(0), lists + 1, 'the first one is not');
    await source.close();
  });

  it('are not taken when they do not have the SHA-256 that EBS tells', async () => {
    await using rig = await startEbsRig(data);
    const flipped: AwsFault = { kind: 'flipped-bit', atByte: 1000 };
    rig.fake.faults.arm('GetSnapshotBlock', flipped, 2);
    assert.deepEqual(await read(rig, 2, 1), [2]);
    assert.equal(rig.fake.faults.calls('GetSnapshotBlock'), 3);

    rig.fake.faults.arm('GetSnapshotBlock', flipped, Infinity);
    await assert.rejects(read(rig, 2, 1), (error) => hasErrorCode(error, 'DISK_UNREADABLE'));
  });

  it('are not taken for absent when the list of them is none', async () => {
    await using rig = await startEbsRig(data);
    const empty: AwsFault = { kind: 'body', body: '{}' };
    rig.fake.faults.arm('ListSnapshotBlocks', empty, 2);
    assert.deepEqual(await read(rig, 2, 1), [2]);
    assert.equal(rig.fake.faults.calls('ListSnapshotBlocks'), 3);

    rig.fake.faults.arm('ListSnapshotBlocks', empty, Infinity);
    await assert.rejects(
      read(rig, 2, 1),
      (error) => hasErrorCode(error, 'DISK_UNREADABLE') && error.retry === 'retryable',
    );
  });

  it('are not taken from a list that counts in blocks of another size', async () => {
    await using rig = await startEbsRig(data);
    const other: AwsFault = {
      kind: 'body',
      body: '{"Blocks":[],"BlockSize":4096}',
    };
    rig.fake.faults.arm('ListSnapshotBlocks', other, Infinity);

    await assert.rejects(read(rig, 2, 1), /blocks of 4096 bytes/);
  });

  it('are asked for again when a reply is cut off, late or an error', async () => {
    const faults: readonly AwsFault[] = [
      { kind: 'cut-in-reply', afterBytes: 100_000 },
      { kind: 'cut-before' },
      { kind: 'error', status: 500, code: 'InternalServerException' },
      { kind: 'error', status: 400, code: 'RequestThrottledException' },
      { kind: 'header', name: 'x-amz-checksum-algorithm', value: 'MD5' },
    ];
    for (const fault of faults) {
      await using rig = await startEbsRig(data);
      rig.fake.faults.arm('GetSnapshotBlock', fault, 2);

      assert.deepEqual(await read(rig, 2, 1), [2], JSON.stringify(fault));
    }
  });

  it('are read with new tokens when the old ones have expired', async () => {
    await using rig = await startEbsRig(data);
    const sizeBytes = sizeBlocks * blockSizeBytes;
    const source = createEbsBlockSource(rig.connection, {
      snapshotId,
      sizeBytes,
    });
    const into = new Uint8Array(blockSizeBytes);
    await source.read(2 as BlockIndex, 1, into);

    rig.ebs.expireTokens('block');
    await source.read(4 as BlockIndex, 1, into);

    assert.equal(into[0], 4);
    assert.equal(rig.fake.faults.calls('ListSnapshotBlocks'), 2);
  });

  it('cannot be read of a snapshot that is gone, or without permission', async () => {
    await using gone = await startEbsRig(madeUpEbsData(new Map()));
    await assert.rejects(read(gone, 0, 1), /block 0 of snap-00aa cannot be read: .*does not exist/);

    await using rig = await startEbsRig(data);
    const denied: AwsFault = {
      kind: 'error',
      status: 403,
      code: 'AccessDeniedException',
    };
    rig.fake.faults.arm('GetSnapshotBlock', denied, Infinity);
    await assert.rejects(
      read(rig, 0, 1),
      (error) => isSnapledgerError(error) && error.retry === 'permanent',
    );
    assert.equal(rig.fake.faults.calls('GetSnapshotBlock'), 1);
  });

  it('all arrive through a quota, at a pace that adapts to it', async () => {
    // For the quota of 60 a second every read comes 12 ms after the one before (the fake looks at its clock
    // twice for each): that is more than it allows, and so little more that no read is refused many times over.
    let quotaMs = 0;
    await using rig = await startEbsRig(data, {
      quotas: { account: {}, snapshot: { GetSnapshotBlock: 60 } },
      now: () => (quotaMs += 6),
      limits: {
        ...quickLimits,
        readsPerSecondFirst: 1000,
        call: { ...quickLimits.call, attemptsMax: 10, delayMaxMs: 200 },
      },
    });

    const found = await read(rig, 0, sizeBlocks);

    assert.equal(found.filter((byte, n) => byte === (n % 2 === 0 ? n : 0)).length, sizeBlocks);
    assert.ok(rig.connection.pace.perSecond < 1000, `${rig.connection.pace.perSecond} per second`);
  });
});
