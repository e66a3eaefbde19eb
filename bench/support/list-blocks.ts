/**
 * Lists the blocks of a snapshot of the fake of EBS direct, plans them, and reads the plan with the token of each block,
 * in a process whose memory is to be known:
 *
 *     node bench/support/list-blocks.ts ENDPOINT BLOCKS allocated|changed FOLDER POINT
 *
 * FOLDER is a repository, POINT a point of it that the changes are against. Prints a line of JSON after each step: the
 * time that it took, and the highest memory of the process until then.
 */
import { setFlagsFromString } from 'node:v8';
import { createEbsBlockSource } from '../../src/adapters/aws/ebs/ebs-block-source.ts';
import { createEbsChangedBlocks } from '../../src/adapters/aws/ebs/ebs-changed-blocks.ts';
import { openEbs } from '../../src/adapters/aws/ebs/ebs-connection.ts';
import { ebsLimits } from '../../src/adapters/aws/ebs/ebs-limits.ts';
import { openFilesystemObjectStore } from '../../src/adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type {
  InstanceId,
  PointId,
  Region,
  SessionId,
  SnapshotId,
} from '../../src/domain/identifiers.ts';
import type { BlockSelection } from '../../src/format/transfer-plan.ts';
import { uuidToBytes } from '../../src/format/strata/encoding/uuid-bytes.ts';
import { deriveSessionKeys } from '../../src/format/strata/keys/session-keys.ts';
import { decodeGrant } from '../../src/format/strata/object/grant.ts';
import { readPlannedBatches } from '../../src/format/strata/transfer/read-planned-batches.ts';
import { cheapStrata } from '../../test/support/format/cheap-strata.ts';
import { testCredentials } from '../../test/support/aws/fake-aws.ts';
import { volumeId } from './make-point.ts';

// As the command line sets it for itself (bin/start.js).
setFlagsFromString('--semi-space-growth-factor=1');

const baseId = 'snap-00bb' as SnapshotId;
const snapshotId = 'snap-00aa' as SnapshotId;
/** One block in so many is read, so that the tokens of all are listed: two of each page. */
const readEvery = ebsLimits.pageBlocks / 2;

const [endpoint = '', blocks = '', kind = '', folder = '', pointId = ''] = process.argv.slice(2);
const blockCount = Number(blocks);
const sizeBytes = blockCount * blockSizeBytes;
const connection = openEbs({
  ...{
    region: 'eu-test-1' as Region,
    clock: systemClock,
    random: systemRandom,
  },
  ...{ endpoint, credentials: testCredentials },
});
const source = createEbsBlockSource(connection, { snapshotId, sizeBytes });
const objectStore = await openFilesystemObjectStore({ root: folder });
const repository = await cheapStrata.openRepository({
  ...{ objectStore, random: systemRandom, clock: systemClock },
  secret: { kind: 'passphrase', passphrase: 'bench' },
});
const sessionId = systemRandom.uuid() as SessionId;
const plan = { sessionId, planId: systemRandom.uuid() };
await repository.registerWriter(sessionId, 'i-bench' as InstanceId);

const parent = kind === 'changed' ? { pointId: pointId as PointId, volumeId } : null;
await measure('list and plan', writePlan);
await measure('read the plan and the tokens', readPlan);
await repository.close();
await source.close();
connection.close();

async function measure(step: string, work: () => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ work: `${kind}: ${step}`, seconds, peakMib })}\n`);
}

async function writePlan(): Promise<void> {
  const changedBlocks = createEbsChangedBlocks(connection);
  const selection: BlockSelection =
    kind === 'changed'
      ? { kind, pages: changedBlocks.listChangedBlocks(baseId, snapshotId) }
      : {
          kind: 'allocated',
          pages: changedBlocks.listSnapshotBlocks(snapshotId),
        };
  const { plannedBlocks } = await repository.writeTransferPlan({
    ...plan,
    ...{ sizeBytes, selection, parent },
  });
  requireAll(plannedBlocks, 'planned');
}

async function readPlan(): Promise<void> {
  const { dataKey, repositoryId } = decodeGrant(await repository.grantTransfer(sessionId));
  const { controlKey } = deriveSessionKeys(sessionId, dataKey);
  const planLocation = {
    ...plan,
    ...{
      objectStore,
      controlKey,
      repositoryIdBytes: uuidToBytes(repositoryId),
    },
  };
  const { signal } = new AbortController();
  const retry = { clock: systemClock, random: systemRandom, signal };
  const into = new Uint8Array(blockSizeBytes);
  let planned = 0;
  for await (const batch of readPlannedBatches(planLocation, 0, retry)) {
    for (const { index } of batch) {
      planned += 1;
      if (index % readEvery === 0) await source.read(index, 1, into);
    }
  }
  requireAll(planned, 'read');
}

function requireAll(count: number, what: string): void {
  if (count !== blockCount) throw new Error(`${count} of ${blockCount} blocks were ${what}`);
}
