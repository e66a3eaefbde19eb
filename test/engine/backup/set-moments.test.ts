import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SnapshotId, TimestampMs } from '../../../src/domain/identifiers.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { isWhole, momentsOf } from '../../../src/engine/backup/set-moments.ts';
import type { SnapshotDescription } from '../../../src/ports/cloud/snapshots.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { cloudWith } from '../../support/engine/cloud-with.ts';
import { backUp, recorded } from '../../support/vault/back-up.ts';
import { openTestVault } from '../../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../../support/vault/prepared-vault.ts';

const [root, data] = [sampleIds.volume('root'), sampleIds.volume('data')];

function found(requestId: string, volume: 'root' | 'data', startedAt: number): SnapshotDescription {
  return {
    snapshotId: sampleIds.snapshot(`${requestId}-${volume}`),
    setId: sampleIds.set('now'),
    requestId,
    owner: { sessionId: sampleIds.session('now'), instanceId: sampleIds.instance('web-1') },
    volumeId: volume === 'root' ? root : data,
    device: sampleIds.device(volume),
    sizeBytes: 1,
    startedAt: startedAt as TimestampMs,
    state: 'completed',
    stateMessage: '',
  };
}

describe('what several requests for one set have made', () => {
  it('is told apart, the oldest first, in whatever order it is listed', () => {
    const late = [found('b', 'root', 20), found('b', 'data', 21)];
    const early = [found('a', 'root', 10), found('a', 'data', 12)];
    const [lateRoot, lateData] = late;
    const [earlyRoot, earlyData] = early;
    assert.ok(lateRoot && lateData && earlyRoot && earlyData);

    const moments = momentsOf([lateRoot, earlyRoot, lateData, earlyData]);

    assert.deepEqual(moments, [early, late]);
  });

  it('is not whole as long as one request has not a snapshot of every volume', () => {
    const moments = momentsOf([found('a', 'root', 10), found('b', 'data', 20)]);

    assert.equal(moments.length, 2);
    assert.ok(moments.every((moment) => !isWhole(moment, [root, data])));
    assert.ok(isWhole([found('a', 'root', 10), found('a', 'data', 10)], [root, data]));
  });
});

describe('a session that finds the snapshots of two requests', () => {
  let prepared: PreparedVault;
  before(async () => {
    prepared = await prepareVault({ blocks: 2, changedBlocks: 1 });
  });
  after(() => prepared[Symbol.asyncDispose]());

  it('records those of one alone', async () => {
    const made: SnapshotId[] = [];
    await using vault = await openTestVault(await prepared.copy(), {
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, {
          snapshots: {
            createSet: async (request, options) => {
              const set = await cloud.snapshots.createSet(request, options);
              made.push(...set.map(({ snapshotId }) => snapshotId));
              throw new SnapledgerError('CLOUD_UNAVAILABLE', 'the reply was lost', {
                retry: 'retryable',
              });
            },
            find: async (owner) => {
              const ofFirst = await cloud.snapshots.find(owner);
              const ofSecond = ofFirst.map((one, index) => ({
                ...one,
                snapshotId: `snap-second-${index}` as SnapshotId,
                requestId: 'second',
                startedAt: (one.startedAt + 1) as TimestampMs,
              }));
              return [...ofSecond, ...ofFirst];
            },
          },
        }),
      }),
    });

    const session = await backUp(vault.engine);

    assert.ok(made.length > 0);
    assert.equal(session.summary.status, 'succeeded');
    const [set] = recorded(session, 'SnapshotTaken');
    assert.deepEqual(
      set?.snapshots.map(({ snapshotId }) => snapshotId).toSorted(),
      made.toSorted(),
    );
  });
});
