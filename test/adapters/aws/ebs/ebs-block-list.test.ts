import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEbsChangedBlocks } from '../../../../src/adapters/aws/ebs/ebs-changed-blocks.ts';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { InstanceId, SessionId, SnapshotId } from '../../../../src/domain/identifiers.ts';
import { uuidToBytes } from '../../../../src/format/strata/encoding/uuid-bytes.ts';
import { deriveSessionKeys } from '../../../../src/format/strata/keys/session-keys.ts';
import { decodeGrant } from '../../../../src/format/strata/object/grant.ts';
import { planPageEntriesMax } from '../../../../src/format/strata/object/transfer-plan.ts';
import { readPlannedBatches } from '../../../../src/format/strata/transfer/read-planned-batches.ts';
import type { EbsData } from '../../../support/aws/ebs/ebs-data.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { type EbsRig, quickLimits, startEbsRig } from './ebs-rig.ts';

const before = 'snap-0001' as SnapshotId;
const snapshotId = 'snap-0002' as SnapshotId;
/** A full volume of 1 TiB. */
const sizeBlocks = 2 * 1024 * 1024;
const { pageBlocks } = quickLimits;

/** Every block was written, and every one has changed; made as it is asked for. */
const data: EbsData = {
  find: () =>
    Promise.resolve({
      state: 'completed',
      sizeBlocks,
      blocks: (from, count) => Promise.resolve(stretch(from, from + count)),
      read: () => Promise.resolve(new Uint8Array(blockSizeBytes)),
    }),
  changes: (_first, _second, { from, end }) =>
    Promise.resolve(stretch(from, end).map((block) => ({ block, inFirst: true, inSecond: true }))),
};

function stretch(from: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.min(end, sizeBlocks) - from) }, (_, n) => from + n);
}

/** Passes pages on, and holds the number of requests for them against the number that was taken. */
async function* takenOneByOne<Item>(
  pages: AsyncIterable<readonly Item[]>,
  { fake }: EbsRig,
  operation: string,
  onPage: (blocksBefore: number) => void = () => undefined,
): AsyncGenerator<readonly Item[]> {
  let taken = 0;
  let blocks = 0;
  for await (const page of pages) {
    taken += 1;
    assert.equal(fake.faults.calls(operation), taken, 'no page is asked for before it is wanted');
    assert.ok(page.length <= pageBlocks);
    onPage(blocks);
    blocks += page.length;
    yield page;
  }
  assert.equal(blocks, sizeBlocks);
}

describe('the list of the blocks of a large snapshot (a fake)', () => {
  it('is planned while it is listed, and read while the plan is: nobody holds it as a whole', async () => {
    await using rig = await startEbsRig(data);
    const planPages = { written: 0, read: 0 };
    const objectStore = createHookedObjectStore(createMemoryObjectStore(), {
      after: ({ method, key }) => {
        if (/\/plan-[^/]+\/[0-9a-f]{8}$/.test(key)) {
          if (method === 'create') planPages.written += 1;
          if (method === 'get') planPages.read += 1;
        }
        return Promise.resolve();
      },
    });
    const repository = await cheapStrata.createRepository({
      ...{ objectStore, random: systemRandom, clock: systemClock },
      secret: { kind: 'passphrase', passphrase: 'test' },
    });
    const sessionId = systemRandom.uuid() as SessionId;
    const plan = { sessionId, planId: systemRandom.uuid() };
    await repository.registerWriter(sessionId, 'i-test' as InstanceId);
    const listed = createEbsChangedBlocks(rig.connection).listSnapshotBlocks(snapshotId);
    const pages = takenOneByOne(listed, rig, 'ListSnapshotBlocks', (blocks) => {
      assert.equal(planPages.written, Math.floor(blocks / planPageEntriesMax), 'and is planned');
    });

    const { plannedBlocks } = await repository.writeTransferPlan({
      ...{ ...plan, sizeBytes: sizeBlocks * blockSizeBytes, parent: null },
      selection: { kind: 'allocated', pages },
    });

    assert.equal(plannedBlocks, sizeBlocks);
    const { dataKey, repositoryId } = decodeGrant(await repository.grantTransfer(sessionId));
    const { controlKey } = deriveSessionKeys(sessionId, dataKey);
    const location = {
      ...{ ...plan, objectStore, controlKey },
      repositoryIdBytes: uuidToBytes(repositoryId),
    };
    const { signal } = new AbortController();
    const retry = { clock: systemClock, random: systemRandom, signal };
    let read = 0;
    for await (const batch of readPlannedBatches(location, 0, retry)) {
      const page = Math.floor(read / planPageEntriesMax);
      // that one, and the next, which is fetched meanwhile
      if (planPages.read > page + 2) assert.fail(`${planPages.read} pages after ${read} blocks`);
      read += batch.length;
    }
    assert.equal(read, sizeBlocks);
    await repository.close();
  });

  it('of changes is passed on page by page, too', async () => {
    await using rig = await startEbsRig(data);
    const listed = createEbsChangedBlocks(rig.connection).listChangedBlocks(before, snapshotId);

    const pages = takenOneByOne(listed, rig, 'ListChangedBlocks');
    let last = -1;
    for await (const page of pages) last = page.at(-1)?.index ?? last;

    assert.equal(last, sizeBlocks - 1);
  });
});
