import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type EbsSnapshotWriter,
  startEbsSnapshot,
} from '../../../../src/adapters/aws/ebs/ebs-snapshot-writer.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { AwsFault } from '../../../support/aws/aws-faults.ts';
import { madeUpEbsData } from '../../../support/aws/ebs/ebs-data.ts';
import type { EbsWrites, WrittenSnapshot } from '../../../support/aws/ebs/ebs-writes.ts';
import { type EbsRig, quickLimits, startEbsRig } from './ebs-rig.ts';

/** One snapshot in memory, which is known so long after it was started. */
function inMemory(knownAfterMs = 0): EbsWrites & { readonly made: WrittenSnapshot[] } {
  const made: WrittenSnapshot[] = [];
  return {
    made,
    start: () => {
      const [known] = made;
      if (known !== undefined) return known;
      const knownAtMs = Date.now() + knownAfterMs;
      const snapshot: WrittenSnapshot = {
        id: 'snap-00bb',
        knownAtMs,
        blocks: new Map(),
        state: 'open',
      };
      made.push(snapshot);
      return snapshot;
    },
    find: (id) => made.find((one) => one.id === id) ?? null,
    complete: (snapshot) => {
      snapshot.state = 'complete';
    },
  };
}

const filled = (byte: number): Uint8Array => new Uint8Array(blockSizeBytes).fill(byte);

interface Begun extends AsyncDisposable {
  readonly rig: EbsRig;
  readonly writer: EbsSnapshotWriter;
}

async function begin(
  writes: EbsWrites,
  limits = { ...quickLimits, snapshotAppearsMs: 500, snapshotAppearsPollMs: 10 },
  signal = new AbortController().signal,
): Promise<Begun> {
  const rig = await startEbsRig(madeUpEbsData(new Map()), { writes, limits });
  const writer = await start(rig, signal);
  return { rig, writer, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

function start(
  { connection }: EbsRig,
  signal = new AbortController().signal,
): Promise<EbsSnapshotWriter> {
  return startEbsSnapshot(connection, {
    sizeGib: 1,
    description: 'made by a test',
    tags: [{ Key: 'a', Value: 'b' }],
    clientToken: 'token',
    keyArn: null,
    signal,
  });
}

describe('a snapshot that is written by EBS direct (a fake)', () => {
  const passing: readonly AwsFault[] = [
    { kind: 'reply-lost' },
    { kind: 'cut-before' },
    { kind: 'error', status: 500, code: 'InternalServerException' },
    { kind: 'error', status: 400, code: 'RequestThrottledException' },
    {
      kind: 'error',
      status: 400,
      code: 'ValidationException',
      message: 'Failed to read block data',
    },
  ];
  for (const fault of passing) {
    it(`is whole although a put meets ${JSON.stringify(fault)}`, async () => {
      const writes = inMemory();
      await using begun = await begin(writes);
      const { rig, writer } = begun;
      rig.fake.faults.arm('PutSnapshotBlock', fault, 2);

      await Promise.all([writer.put(9, filled(9)), writer.put(2, filled(2))]);
      writer.passed(10);
      await writer.put(11, filled(0));
      // The fake holds number and LINEAR checksum against what was put.
      await writer.complete();

      const [snapshot] = writes.made;
      assert.equal(snapshot?.state, 'complete');
      assert.deepEqual(snapshot.blocks.get(9), filled(9));
      assert.deepEqual(
        [...snapshot.blocks.keys()].sort((a, b) => a - b),
        [2, 9, 11],
      );
    });
  }

  it('is started also when EBS has too many on its way for a moment, and not beyond the quota', async () => {
    const limited = (status: number, code: string): AwsFault => ({ kind: 'error', status, code });
    await using rig = await startEbsRig(madeUpEbsData(new Map()), { writes: inMemory() });
    rig.fake.faults.arm('StartSnapshot', limited(400, 'ConcurrentLimitExceededException'));
    await start(rig);
    assert.equal(rig.fake.faults.calls('StartSnapshot'), 2);

    rig.fake.faults.arm('StartSnapshot', limited(402, 'ServiceQuotaExceededException'), Infinity);
    await assert.rejects(
      start(rig),
      (error) =>
        hasErrorCode(error, 'LIMIT_EXCEEDED') && (error.remedy ?? '').includes('Service Quotas'),
    );
    assert.equal(rig.fake.faults.calls('StartSnapshot'), 3);
  });

  it('is complete although the reply to that was lost', async () => {
    const writes = inMemory();
    await using begun = await begin(writes);
    const { rig, writer } = begun;
    await writer.put(3, filled(3));
    rig.fake.faults.arm('CompleteSnapshot', { kind: 'reply-lost' });

    await writer.complete();

    assert.equal(rig.fake.faults.calls('CompleteSnapshot'), 2);
    assert.equal(writes.made[0]?.state, 'complete');
  });

  it('is not held for complete when EBS refuses the first time', async () => {
    await using begun = await begin(inMemory());
    const { rig, writer } = begun;
    const refused = { kind: 'error', status: 400, code: 'ValidationException' } as const;
    rig.fake.faults.arm('CompleteSnapshot', refused);
    await assert.rejects(writer.complete(), { code: 'CLOUD_REFUSED' });
  });

  it('without a block is waited for as well, also after a call that EBS has not heard', async () => {
    const writes = inMemory(150);
    await using begun = await begin(writes);
    begun.rig.fake.faults.arm('CompleteSnapshot', { kind: 'cut-before' });
    await begun.writer.complete();
    assert.equal(writes.made[0]?.state, 'complete');
  });

  it('is not waited for by who has stopped', async () => {
    const stop = new AbortController();
    const limits = { ...quickLimits, snapshotAppearsMs: 60_000, snapshotAppearsPollMs: 10 };
    await using begun = await begin(inMemory(60_000), limits, stop.signal);
    const reason = new Error('enough');
    const put = begun.writer.put(0, filled(1));
    setTimeout(() => {
      stop.abort(reason);
    }, 30);
    await assert.rejects(put, reason);
  });

  it('is waited for while EBS does not know it yet', async () => {
    await using begun = await begin(inMemory(150));
    const { rig, writer } = begun;
    await writer.put(0, filled(1));
    await writer.complete();
    assert.ok(rig.fake.faults.calls('PutSnapshotBlock') > 2);
  });

  it('is given up when it stays unknown', async () => {
    await using begun = await begin(inMemory(60_000));
    await assert.rejects(
      begun.writer.put(0, filled(1)),
      (error) => hasErrorCode(error, 'CLOUD_REFUSED') && error.message.includes('does not exist'),
    );
  });

  it('without a block is completed without a checksum', async () => {
    const writes = inMemory();
    await using begun = await begin(writes);
    await begun.writer.complete();
    assert.equal(writes.made[0]?.state, 'complete');
  });
});
