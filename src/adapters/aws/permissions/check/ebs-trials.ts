import { isSnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import { blockSizeBytes } from '../../../../domain/block-size.ts';
import type { SnapshotId } from '../../../../domain/identifiers.ts';
import type { ChangedBlocks } from '../../../../ports/cloud/changed-blocks.ts';
import { createEbsBlockSource } from '../../ebs/ebs-block-source.ts';
import { createEbsChangedBlocks } from '../../ebs/ebs-changed-blocks.ts';
import { type Trial, type TrialOutcome, type TrialWorld, untried } from './trial.ts';

/** EBS direct knows no dry runs, so that the lists of a snapshot are really asked for: they cost next to nothing. */
export const ebsTrials: Readonly<Record<string, Trial>> = {
  ListSnapshotBlocks: (world) => listed(world, (blocks, one) => blocks.listSnapshotBlocks(one)),
  ListChangedBlocks: (world) => listed(world, (blocks, one) => blocks.listChangedBlocks(one, one)),
  GetSnapshotBlock: readFirstBlock,
};

async function readFirstBlock({
  ebs,
  samples: { snapshotId },
}: TrialWorld): Promise<TrialOutcome> {
  if (snapshotId === null) return untried('there is no snapshot yet to try it on');
  const id = snapshotId as SnapshotId;
  try {
    const pages = createEbsChangedBlocks(ebs).listSnapshotBlocks(id)[Symbol.asyncIterator]();
    const { value, done } = await pages.next();
    const [first] = done === true ? [] : value;
    if (first === undefined) return untried('the snapshot that it could be tried on has no blocks');
    const sizeBytes = (first + 1) * blockSizeBytes;
    const source = createEbsBlockSource(ebs, { snapshotId: id, sizeBytes });
    await source.read(first, 1, new Uint8Array(blockSizeBytes));
    return { kind: 'allowed' };
  } catch (error) {
    return outcomeOf(error);
  }
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
