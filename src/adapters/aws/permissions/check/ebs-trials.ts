import { isSnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import { blockSizeBytes } from '../../../../domain/block-size.ts';
import type { BlockIndex, SnapshotId } from '../../../../domain/identifiers.ts';
import type { ChangedBlocks } from '../../../../ports/cloud/changed-blocks.ts';
import { createEbsBlockSource } from '../../ebs/ebs-block-source.ts';
import { createEbsChangedBlocks } from '../../ebs/ebs-changed-blocks.ts';
import { type Trial, type TrialOutcome, type TrialWorld, untried } from './trial.ts';

const makesSomething = 'EBS knows no dry run of it, and a snapshot would be made';

/** EBS direct knows no dry runs, so that the lists of a snapshot are really asked for: they cost next to nothing. */
export const ebsTrials: Readonly<Record<string, Trial>> = {
  ListSnapshotBlocks: (world) => listed(world, (blocks, one) => blocks.listSnapshotBlocks(one)),
  ListChangedBlocks: (world) => listed(world, (blocks, one) => blocks.listChangedBlocks(one, one)),
  GetSnapshotBlock: readFirstBlock,
  StartSnapshot: () => Promise.resolve(untried(makesSomething)),
  PutSnapshotBlock: () => Promise.resolve(untried(makesSomething)),
  CompleteSnapshot: () => Promise.resolve(untried(makesSomething)),
};

async function readFirstBlock({ ebs, samples: { snapshotId } }: TrialWorld): Promise<TrialOutcome> {
  if (snapshotId === null) return untried('there is no snapshot yet to try it on');
  const id = snapshotId as SnapshotId;
  try {
    const first = await firstBlockOf(ebs, id);
    if (first === null) return untried('the snapshot that it could be tried on has no blocks');
    const sizeBytes = (first + 1) * blockSizeBytes;
    const source = createEbsBlockSource(ebs, { snapshotId: id, sizeBytes });
    await source.read(first, 1, new Uint8Array(blockSizeBytes));
    return { kind: 'allowed' };
  } catch (error) {
    return outcomeOf(error);
  }
}

async function firstBlockOf(
  ebs: TrialWorld['ebs'],
  snapshotId: SnapshotId,
): Promise<BlockIndex | null> {
  for await (const [first] of createEbsChangedBlocks(ebs).listSnapshotBlocks(snapshotId)) {
    return first ?? null;
  }
  return null;
}

async function listed(
  { ebs, samples: { snapshotId } }: TrialWorld,
  list: (blocks: ChangedBlocks, snapshotId: SnapshotId) => AsyncIterable<unknown>,
): Promise<TrialOutcome> {
  if (snapshotId === null) return untried('there is no snapshot yet to try it on');
  try {
    // The first page says all that there is to know.
    await list(createEbsChangedBlocks(ebs), snapshotId as SnapshotId)
      [Symbol.asyncIterator]()
      .next();
    return { kind: 'allowed' };
  } catch (error) {
    return outcomeOf(error);
  }
}

function outcomeOf(error: unknown): TrialOutcome {
  if (!isSnapledgerError(error)) throw error;
  const { code, details, message } = error;
  const isDenied =
    code === 'CLOUD_ACCESS_DENIED' ||
    details['reason'] === 'no-permission' ||
    details['awsCode'] === 'AccessDeniedException';
  return isDenied ? { kind: 'missing', said: message } : untried(message);
}
