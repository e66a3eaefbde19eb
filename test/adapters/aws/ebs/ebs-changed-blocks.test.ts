import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createEbsChangedBlocks } from '../../../../src/adapters/aws/ebs/ebs-changed-blocks.ts';
import type { ErrorCode } from '../../../../src/domain/errors/error-code.ts';
import {
  isSnapledgerError,
  type SnapledgerError,
} from '../../../../src/domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../../src/domain/identifiers.ts';
import type { AwsFault } from '../../../support/aws/aws-faults.ts';
import {
  type EbsData,
  type MadeUpBlocks,
  type MadeUpSnapshot,
  madeUpEbsData,
} from '../../../support/aws/ebs/ebs-data.ts';
import { type EbsRig, quickLimits, startEbsRig } from './ebs-rig.ts';

const first = 'snap-0001' as SnapshotId;
const second = 'snap-0002' as SnapshotId;
const sizeBlocks = 1000;

const tokenExpired: AwsFault = {
  kind: 'error',
  status: 400,
  code: 'ValidationException',
  reason: 'INVALID_PAGE_TOKEN',
};

function made(
  before: MadeUpBlocks,
  after: MadeUpBlocks,
  more: Partial<MadeUpSnapshot> = {},
): EbsData {
  const volume = { lineage: 'a', sizeBlocks };
  return madeUpEbsData(
    new Map([
      [first, { ...volume, blocks: before, ...more }],
      [second, { ...volume, blocks: after }],
    ]),
  );
}

function full(...blocks: readonly number[]): MadeUpBlocks {
  return new Map(blocks.map((block) => [block, 1]));
}

async function listChanges({ connection }: EbsRig): Promise<readonly unknown[]> {
  const changedBlocks = createEbsChangedBlocks(connection);
  return (await Array.fromAsync(changedBlocks.listChangedBlocks(first, second))).flat();
}

async function listBlocks({ connection }: EbsRig, id = first): Promise<readonly number[]> {
  const changedBlocks = createEbsChangedBlocks(connection);
  return (await Array.fromAsync(changedBlocks.listSnapshotBlocks(id))).flat();
}

function present(index: number): unknown {
  return { index, state: 'present' };
}

describe('changed blocks by EBS direct (a fake)', () => {
  it('are not held to be none when a reply has no list in it', async () => {
    await using rig = await startEbsRig(made(full(1), full(2)));
    const empty: AwsFault = { kind: 'body', body: '{}' };
    rig.fake.faults.arm('ListChangedBlocks', empty, Infinity);
    rig.fake.faults.arm('ListSnapshotBlocks', empty, Infinity);

    for (const list of [listChanges, listBlocks]) {
      await assert.rejects(
        list(rig),
        (error) => isSnapledgerError(error) && error.code === 'CLOUD_UNAVAILABLE',
      );
    }
    assert.equal(rig.fake.faults.calls('ListChangedBlocks'), quickLimits.call.attemptsMax);
  });

  it('asks for the largest pages that there are', async () => {
    const blocks = full(...Array.from({ length: 500 }, (_, n) => 2 * n));
    await using rig = await startEbsRig(made(blocks, blocks));

    assert.deepEqual(await listBlocks(rig), [...blocks.keys()]);

    assert.equal(rig.fake.faults.calls('ListSnapshotBlocks'), 1);
  });

  it('goes on over empty pages as long as they have a token', async () => {
    await using rig = await startEbsRig(made(full(999), new Map([[999, 2]])), { pageBlocks: 100 });

    assert.deepEqual(await listChanges(rig), [present(999)]);

    // nine empty pages come first
    assert.equal(rig.fake.faults.calls('ListChangedBlocks'), 10);
  });

  it('takes a block without a token of the second snapshot for gone', async () => {
    await using rig = await startEbsRig(made(full(1, 2), full(1)));

    assert.deepEqual(await listChanges(rig), [{ index: 2, state: 'absent' }]);
  });

  it('takes a block without a token of the first snapshot for new', async () => {
    await using rig = await startEbsRig(made(full(1), full(1, 2)));

    assert.deepEqual(await listChanges(rig), [present(2)]);
  });

  it('begins again behind the last block when a page token expires in the middle', async () => {
    const blocks = full(...Array.from({ length: 40 }, (_, n) => 25 * n));
    const changed = new Map([...blocks.keys()].map((block) => [block, 2]));
    const goesWell: AwsFault = { kind: 'latency', delayMs: 0 };
    const lists = [
      // four pages of ten blocks
      { operation: 'ListSnapshotBlocks', list: listBlocks, pageBlocks: 10, calls: 4 + 2 },
      // the windows of 100 blocks begin anew at 176 and at 276
      { operation: 'ListChangedBlocks', list: listChanges, pageBlocks: 100, calls: 11 + 2 },
    ];
    for (const { operation, list, pageBlocks, calls } of lists) {
      await using rig = await startEbsRig(made(blocks, changed), { pageBlocks });
      rig.fake.faults.arm(operation, goesWell, 2);
      rig.fake.faults.arm(operation, tokenExpired);
      rig.fake.faults.arm(operation, goesWell);
      rig.fake.faults.arm(operation, tokenExpired);

      const found = await list(rig);

      const all = [...blocks.keys()];
      assert.deepEqual(found, list === listBlocks ? all : all.map(present));
      assert.equal(rig.fake.faults.calls(operation), calls);
    }
  });

  it('gives up a list whose tokens expire again and again without any progress', async () => {
    await using rig = await startEbsRig(made(full(999), new Map([[999, 2]])), { pageBlocks: 100 });
    for (let n = 0; n <= quickLimits.restartsMax; n += 1) {
      rig.fake.faults.arm('ListChangedBlocks', { kind: 'latency', delayMs: 0 });
      rig.fake.faults.arm('ListChangedBlocks', tokenExpired);
    }

    const error = await rejectsWith(listChanges(rig), 'CLOUD_UNAVAILABLE');

    assert.equal(error.retry, 'retryable');
    assert.equal(rig.fake.faults.calls('ListChangedBlocks'), 2 * (quickLimits.restartsMax + 1));
  });

  it('tries again what was throttled, has failed, or was cut off', async () => {
    const faults: readonly AwsFault[] = [
      { kind: 'error', status: 400, code: 'ThrottlingException' },
      { kind: 'error', status: 400, code: 'RequestThrottledException' },
      { kind: 'error', status: 500, code: 'InternalServerException' },
      { kind: 'error', status: 503, code: 'ServiceUnavailable' },
      { kind: 'cut-before' },
      { kind: 'cut-in-reply', afterBytes: 20 },
    ];
    for (const fault of faults) {
      await using rig = await startEbsRig(made(full(1), full(1, 2)));
      rig.fake.faults.arm('ListChangedBlocks', fault, 2);

      assert.deepEqual(await listChanges(rig), [present(2)], JSON.stringify(fault));
    }
  });

  describe('says why there is no list', () => {
    it('snapshots of different volumes are unrelated', async () => {
      await using rig = await startEbsRig(made(full(1), full(1), { lineage: 'another' }));

      const error = await rejectsWith(listChanges(rig), 'SNAPSHOTS_UNRELATED');
      assert.match(error.message, /snap-0001 and snap-0002 are not related/);
    });

    it('so is a base in the archive, and the other can still be listed', async () => {
      await using rig = await startEbsRig(made(full(1), full(1), { state: 'archived' }));

      await rejectsWith(listChanges(rig), 'SNAPSHOTS_UNRELATED');
      assert.deepEqual(await listBlocks(rig, second), [1]);
      const error = await rejectsWith(listBlocks(rig), 'CHANGED_BLOCKS_UNAVAILABLE');
      assert.equal(error.details['reason'], 'no-api');
    });

    it('a snapshot that is gone is not found', async () => {
      await using rig = await startEbsRig(madeUpEbsData(new Map()));

      await rejectsWith(listChanges(rig), 'SNAPSHOT_NOT_FOUND');
      await rejectsWith(listBlocks(rig), 'SNAPSHOT_NOT_FOUND');
    });

    const meanings: readonly (readonly [status: number, code: string, meaning: ErrorCode])[] = [
      [403, 'AccessDeniedException', 'CHANGED_BLOCKS_UNAVAILABLE'],
      [403, 'UnrecognizedClientException', 'CLOUD_ACCESS_DENIED'],
      [403, 'ExpiredTokenException', 'CLOUD_ACCESS_DENIED'],
      [400, 'ThrottlingException', 'CLOUD_UNAVAILABLE'],
      [500, 'InternalServerException', 'CLOUD_UNAVAILABLE'],
      [402, 'ServiceQuotaExceededException', 'CLOUD_REFUSED'],
    ];
    for (const [status, code, meaning] of meanings) {
      it(`${code} is ${meaning}`, async () => {
        await using rig = await startEbsRig(made(full(1), full(2)));
        const fault: AwsFault = { kind: 'error', status, code };
        rig.fake.faults.arm('ListChangedBlocks', fault, Infinity);
        rig.fake.faults.arm('ListSnapshotBlocks', fault, Infinity);

        const error = await rejectsWith(listChanges(rig), meaning);
        await rejectsWith(listBlocks(rig), meaning);

        assert.equal(error.retry === 'retryable', meaning === 'CLOUD_UNAVAILABLE');
        if (meaning === 'CHANGED_BLOCKS_UNAVAILABLE') {
          assert.equal(error.details['reason'], 'no-permission');
        }
      });
    }

    it('a list that is not in order is not relied on', async () => {
      const data = made(full(1), full(1));
      const twisted: EbsData = {
        ...data,
        changes: () =>
          Promise.resolve([5, 3].map((block) => ({ block, inFirst: true, inSecond: true }))),
      };
      await using rig = await startEbsRig(twisted);

      await rejectsWith(listChanges(rig), 'CHANGED_BLOCKS_UNAVAILABLE');
    });
  });

  it('lists what differs, whatever the pages, and however often their tokens expire', async () => {
    const someBlocks = fc.dictionary(
      fc.integer({ min: 0, max: sizeBlocks - 1 }).map(String),
      fc.integer({ min: 1, max: 3 }),
      { maxKeys: 30 },
    );
    await fc.assert(
      fc.asyncProperty(
        someBlocks,
        someBlocks,
        fc.integer({ min: 100, max: 300 }),
        fc.array(fc.boolean(), { maxLength: 8 }),
        async (before, after, pageBlocks, expiries) => {
          const [old, now] = [toBlocks(before), toBlocks(after)];
          await using rig = await startEbsRig(made(old, now), { pageBlocks });
          const changedBlocks = createEbsChangedBlocks(rig.connection);
          const found: unknown[] = [];
          let page = 0;
          for await (const blocks of changedBlocks.listChangedBlocks(first, second)) {
            found.push(...blocks);
            if (expiries[page] === true) rig.ebs.expireTokens('page');
            page += 1;
          }
          const all = [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => a - b);
          const expected = all
            .filter((block) => old.get(block) !== now.get(block))
            .map((index) => ({ index, state: now.has(index) ? 'present' : 'absent' }));
          assert.deepEqual(found, expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});

function toBlocks(dictionary: Readonly<Record<string, number>>): MadeUpBlocks {
  return new Map(Object.entries(dictionary).map(([block, byte]) => [Number(block), byte]));
}

async function rejectsWith(work: Promise<unknown>, code: ErrorCode): Promise<SnapledgerError> {
  try {
    await work;
  } catch (error) {
    assert.ok(isSnapledgerError(error), String(error));
    assert.equal(error.code, code, String(error));
    return error;
  }
  assert.fail(`expected ${code}, and nothing was wrong`);
}
